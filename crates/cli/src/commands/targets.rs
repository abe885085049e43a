//! `rulec targets`

use serde_json::{Value, json};

use super::Ended;
use crate::args::TargetsArgs;
use crate::files;
use crate::shell::{Outcome, Shell};

pub fn targets(args: &TargetsArgs, shell: &mut Shell) -> Ended {
    let targets = files::targets(args.templates.as_deref())?;
    if args.json {
        let all: Vec<Value> = targets
            .iter()
            .map(|it| {
                let ops: Value = it
                    .manifest
                    .ops
                    .iter()
                    .map(|(kind, ops)| {
                        (format!("{kind:?}").to_lowercase(), json!(ops.keys().collect::<Vec<_>>()))
                    })
                    .collect::<serde_json::Map<_, _>>()
                    .into();
                json!({
                    "name": it.manifest.name,
                    "about": it.manifest.about,
                    "profiles": it.profiles().map(|(name, _)| name).collect::<Vec<_>>(),
                    "formats": it.manifest.formats.iter().map(|it| &it.name).collect::<Vec<_>>(),
                    "ops": ops,
                })
            })
            .collect();
        shell.out(&Value::from(all).to_string());
        return Ok(Outcome::Clean);
    }
    for it in targets.iter() {
        shell.out(&format!("{}: {}", it.manifest.name, it.manifest.about));
        for (name, profile) in it.profiles() {
            let default = if name == it.manifest.default_profile { " (default)" } else { "" };
            shell.out(&format!(
                "  profile {name}{default}: {}, {} log sources",
                profile.about,
                profile.sources.len()
            ));
        }
        for format in &it.manifest.formats {
            shell.out(&format!("  format {}: {}", format.name, format.about));
        }
        for (kind, ops) in &it.manifest.ops {
            let names: Vec<&str> =
                ops.keys().map(String::as_str).filter(|it| !it.ends_with("_any")).collect();
            shell.out(&format!("  {:<8} {}", format!("{kind:?}").to_lowercase(), names.join(" ")));
        }
        shell.out("");
    }
    Ok(Outcome::Clean)
}
