//! The reference pages `docs/configuration.md` and `docs/cli.md`, made from the settings and the command line.

use crate::cli::{Cli, ReferencePage};
use crate::config::{DEFAULT_FILES, SETTINGS, Setting};
use clap::CommandFactory as _;

pub(crate) fn page(page: ReferencePage) -> String {
    let mut text = match page {
        ReferencePage::Configuration => configuration(),
        ReferencePage::Cli => command_line(),
    };
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn configuration() -> String {
    let [here, system] = DEFAULT_FILES;
    let mut text = format!(
        "# Configuration\n\n\
         <!-- Written by `make fix` from crates/mailcase/src/config/settings.rs. -->\n\n\
         Mailcase runs without any configuration. What is set comes from, in rising precedence:\n\n\
         1. a TOML file: `--config FILE`, else `{here}` in the working folder, else `{system}`;\n\
         2. environment variables;\n\
         3. options of the command line.\n\n\
         Unknown keys and variables are errors, and all mistakes are reported at once. Variables that Kubernetes \
         makes for a service called `mailcase`, or `mailcase-…`, are left alone. A key `a.b` is written `b = …` under `[a]`.\n\n\
         ```toml\n\
         listen = \"127.0.0.1:8025\"\n\
         public_url = \"https://mailcase.example.org\"\n\
         data = \"/var/lib/mailcase\"\n\
         connectors_dir = \"/etc/mailcase/connectors\"\n\n\
         [database]\n\
         url_file = \"/run/secrets/mailcase-database\"\n\n\
         [log]\n\
         format = \"json\"\n\
         ```\n"
    );
    for setting in SETTINGS {
        entry(&mut text, setting);
    }
    text
}

fn entry(text: &mut String, setting: &Setting) {
    use crate::config::Place;
    let place = match setting.place {
        Place::Anywhere => "",
        Place::Secret => ", secret",
        Place::EnvironmentOnly => ", secret, environment only",
    };
    text.push_str(&format!(
        "\n## `{}`\n\n{}\n\n{}{place} · variable `{}` · default: {}\n",
        setting.key,
        setting.help,
        setting.form.name(),
        setting.variable(),
        setting.default,
    ));
}

fn command_line() -> String {
    let mut command = Cli::command();
    command.build();
    let mut text =
        "# Command line\n\n<!-- Written by `make fix` from crates/mailcase/src/cli.rs. -->\n".to_owned();
    describe(&mut text, &command);
    text
}

fn describe(text: &mut String, command: &clap::Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let help = command.clone().term_width(100).render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end()));
    for inner in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        describe(text, inner);
    }
}
