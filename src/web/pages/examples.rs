//! The example operations: the files of `examples/operations`, as tabs of the playground.

use rust_embed::RustEmbed;
use serde::Serialize;

#[derive(RustEmbed)]
#[folder = "examples/operations"]
struct Operations;

/// One operation that a newcomer can run as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// What it shows, in the words of its file's first comment line.
    pub name: String,
    /// The operation, without the comment lines that describe it to us.
    pub query: String,
    /// Its variables as JSON text, when it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<String>,
    /// Whether it is for a person who signed in, because an API key cannot do it.
    #[serde(skip)]
    pub is_for_people: bool,
    #[serde(skip)]
    order: u32,
}

impl Example {
    /// Reads an operation file.
    ///
    /// `Shape:` comment lines at the top, then the operation. The first is the name, `# order: 3` the
    /// place among the tabs (without it: last), `# for people` says that an API key cannot run it, and
    /// the lines `# variables: {…}` together are JSON.
    pub fn parse(text: &str) -> Self {
        let mut example = Self {
            name: String::new(),
            query: String::new(),
            variables: None,
            is_for_people: false,
            order: u32::MAX,
        };
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next_if(|line| line.starts_with('#')) {
            example.describe(line.trim_start_matches('#').trim());
        }
        example.query = lines.collect::<Vec<_>>().join("\n").trim().to_owned() + "\n";
        example
    }

    fn describe(&mut self, comment: &str) {
        if let Some(order) = comment.strip_prefix("order:") {
            self.order = order.trim().parse().unwrap_or(u32::MAX);
        } else if let Some(json) = comment.strip_prefix("variables:") {
            let variables = self.variables.get_or_insert_default();
            if !variables.is_empty() {
                variables.push('\n');
            }
            variables.push_str(json.trim());
        } else if comment == "for people" {
            self.is_for_people = true;
        } else if self.name.is_empty() {
            comment.clone_into(&mut self.name);
        }
    }
}

/// All example operations, in the order of their tabs.
pub fn all() -> Vec<Example> {
    let mut examples: Vec<Example> = Operations::iter()
        .filter(|path| path.ends_with(".graphql"))
        .filter_map(|path| Operations::get(&path))
        .map(|file| Example::parse(&String::from_utf8_lossy(&file.data)))
        .map(indent_variables)
        .collect();
    examples.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
    examples
}

/// Spreads the variables over several lines, for reading; what is no JSON is left as it is.
fn indent_variables(mut example: Example) -> Example {
    example.variables = example.variables.map(|text| {
        serde_json::from_str::<serde_json::Value>(&text)
            .and_then(|json| serde_json::to_string_pretty(&json))
            .unwrap_or(text)
    });
    example
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_lines_at_the_top_describe_the_example() {
        let example = Example::parse(
            "# Make a user\n# order: 4\n# variables: {\"input\":\n# variables: {}}\n\nmutation M { a }\n",
        );
        assert_eq!(example.name, "Make a user");
        assert_eq!(example.order, 4);
        assert_eq!(example.variables.as_deref(), Some("{\"input\":\n{}}"));
        assert_eq!(example.query, "mutation M { a }\n");
    }

    #[test]
    fn comments_inside_the_operation_stay() {
        let example = Example::parse("# Name\n\n# why\nquery Q { a }");
        assert_eq!(example.query, "# why\nquery Q { a }\n");
    }

    #[test]
    fn every_example_file_has_a_name_an_operation_and_readable_variables() {
        let examples = all();
        assert!(!examples.is_empty());
        for example in examples {
            assert!(!example.name.is_empty(), "no name above {}", example.query);
            assert!(
                example.query.contains('{'),
                "no operation in {:?}",
                example.name
            );
            if let Some(variables) = example.variables {
                serde_json::from_str::<serde_json::Map<_, _>>(&variables)
                    .unwrap_or_else(|error| panic!("variables of {:?}: {error}", example.name));
            }
        }
    }
}
