//! The printed table.

/// What a figure must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// At least this; the second is what is aimed for.
    AtLeast(f64, f64),
    /// At most this; the second is what is aimed for.
    AtMost(f64, f64),
    /// A coin's toss, 0.45 to 0.55, or medians that lie no more than half a millisecond apart, as these do.
    Alike(f64),
    /// Nothing; it is good to know.
    Told,
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) figure: f64,
    pub(crate) unit: &'static str,
    pub(crate) goal: Goal,
    /// What stands behind the figure.
    pub(crate) beside: String,
}

impl Line {
    fn verdict(&self) -> (String, &'static str) {
        let figure = self.figure;
        let (sign, must, aim, over) = match self.goal {
            Goal::AtLeast(must, aim) => ('≥', must, aim, f64::ge as fn(&f64, &f64) -> bool),
            Goal::AtMost(must, aim) => ('≤', must, aim, f64::le as fn(&f64, &f64) -> bool),
            Goal::Alike(apart) => {
                let is_alike = (0.45..=0.55).contains(&figure) || apart.abs() <= 0.5;
                let goal = "0.45 to 0.55, or medians 0.5 ms apart".to_owned();
                return (goal, if is_alike { "reached" } else { "**missed**" });
            }
            Goal::Told => return (String::new(), ""),
        };
        let verdict = if over(&figure, &aim) {
            "as aimed"
        } else if over(&figure, &must) {
            "reached"
        } else {
            "**missed**"
        };
        (format!("{sign} {must} (aim {aim})"), verdict)
    }

    /// As a row of a Markdown table.
    pub(crate) fn print(&self) {
        let (goal, verdict) = self.verdict();
        println!(
            "| {} | {:.2}{} | {goal} | {verdict} | {} |",
            self.what, self.figure, self.unit, self.beside
        );
    }
}

/// The first rows of the table.
pub(crate) fn head() {
    println!("| figure | value | goal | | beside it |");
    println!("| --- | --- | --- | --- | --- |");
}
