//! `keydesk completions` and `keydesk man`: what the command line says about itself.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::failure::Failure;
use super::output::{note, print};

/// Prints a script that completes commands and options.
#[derive(Args, Debug)]
pub(super) struct Completions {
    /// For which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the manual page, or writes one for each command.
#[derive(Args, Debug)]
pub(super) struct Manual {
    /// Folder to write all pages into; made when it is not there.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl Completions {
    pub(super) fn run(&self, mut command: Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "keydesk", &mut script);
        print_bytes(&script)
    }
}

impl Manual {
    pub(super) fn run(&self, command: Command) -> Result<(), Failure> {
        let command = command.disable_help_subcommand(true);
        let Some(folder) = &self.out else {
            let mut page = Vec::new();
            let written = Man::new(command).render(&mut page);
            written.map_err(|error| Failure::Ours(format!("the manual page: {error}")))?;
            return print_bytes(&page);
        };
        let refused = |error: std::io::Error| {
            Failure::Refused(format!("cannot write to {}: {error}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(refused)?;
        clap_mangen::generate_to(command, folder).map_err(refused)?;
        note(&format!("wrote the manual pages into {}", folder.display()));
        Ok(())
    }
}

fn print_bytes(text: &[u8]) -> Result<(), Failure> {
    print(String::from_utf8_lossy(text).trim_end())
}
