//! The fields of the engine and of its plugins: types, flags, and where they may stand.

use std::collections::BTreeMap;

use super::condition::split;

/// The fields of the engine: name, type, flags.
#[derive(Debug, Default)]
pub struct Catalogue {
    fields: BTreeMap<String, Field>,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its type, such as `CHARBUF`.
    pub kind: String,
    flags: Vec<String>,
    /// The plugin that fills it, if it is one's.
    pub plugin: Option<&'static str>,
    /// The event source that has it; `None`: every source.
    pub source: Option<&'static str>,
}

/// The fields of plugins that are asked here, from their documentation: plugin, event source, and
/// names. All are texts; `*` marks a list, `[` one that needs an argument.
const PLUGINS: &[(&str, Option<&str>, &str)] = &[
    (
        "k8saudit",
        Some("k8s_audit"),
        "ka.auditid ka.stage ka.auth.decision ka.auth.reason ka.user.name ka.impuser.name ka.verb ka.uri \
         ka.target.name ka.target.namespace ka.target.resource ka.target.subresource ka.resp.name \
         ka.response.code ka.response.reason ka.useragent ka.user.groups* ka.sourceips* \
         ka.req.pod.volumes.hostpath*",
    ),
    ("json", None, "jevt.value[ json.value["),
    (
        "cloudtrail",
        Some("aws_cloudtrail"),
        "ct.id ct.error ct.errormessage ct.time ct.src ct.name ct.user ct.user.accountid ct.user.identitytype \
         ct.user.principalid ct.user.arn ct.region ct.request ct.response ct.srcip ct.useragent ct.eventtype \
         ct.additionaleventdata",
    ),
    (
        "okta",
        Some("okta"),
        "okta.app okta.behaviors okta.evt.type okta.evt.legacytype okta.severity okta.message \
         okta.logonlysecuritydata okta.actor.id okta.actor.alternateid okta.actor.name okta.client.zone \
         okta.client.ip okta.useragent.raw okta.result okta.reason okta.requesturi okta.security.isproxy",
    ),
    (
        "gcpaudit",
        Some("gcp_auditlog"),
        "gcp.user gcp.callerIP gcp.userAgent gcp.authorizationInfo gcp.serviceName gcp.policyDelta gcp.request \
         gcp.methodName",
    ),
];

impl Catalogue {
    /// Reads the engine's table of fields: name, type, flags and class, separated by tabs; the
    /// plugins' are added.
    pub fn read(text: &str) -> Catalogue {
        let rows = text.lines().skip(1).filter_map(|line| {
            let mut cells = line.split('\t');
            let (name, kind) = (cells.next()?, cells.next()?);
            let flags = cells.next().unwrap_or_default().split(',').map(str::to_owned).collect();
            let class = cells.next().unwrap_or_default();
            let plugin = class.starts_with("container").then_some("container");
            // What speaks of events in general is in every source.
            let general = class == "evt" && !name.contains("is_open") && name != "evt.failed";
            let source = (!general).then_some("syscall");
            Some((name.to_owned(), Field { kind: kind.to_owned(), flags, plugin, source }))
        });
        let mut fields: BTreeMap<String, Field> = rows.collect();
        for (plugin, source, names) in PLUGINS {
            for name in names.split_whitespace() {
                let bare = name.trim_end_matches(['*', '[']);
                let kind = if name.ends_with('*') { "LIST" } else { "CHARBUF" };
                let flags = if name.ends_with('[') { "ARG_REQUIRED" } else { "" };
                let field = Field {
                    kind: kind.to_owned(),
                    flags: vec![flags.to_owned()],
                    plugin: Some(plugin),
                    source: *source,
                };
                fields.insert(bare.to_owned(), field);
            }
        }
        Catalogue { fields }
    }

    /// The field of a name with its argument, or a problem.
    pub fn field(&self, field: &str, problems: &mut Vec<String>) -> Option<&Field> {
        let (name, argument) = split(field);
        let Some(found) = self.fields.get(name) else {
            problems.push(format!("there is no field `{name}`"));
            return None;
        };
        match argument {
            Some(_) if !found.has("ARG_ALLOWED") && !found.has("ARG_REQUIRED") => {
                problems.push(format!("`{name}` takes no argument"));
            }
            None if found.has("ARG_REQUIRED") => {
                problems.push(format!("`{name}` needs an argument"));
            }
            _ => {}
        }
        if found.has("EPF_TABLE_ONLY") || found.has("EPF_DEPRECATED") {
            problems.push(format!("`{name}` is not for conditions, or deprecated"));
        }
        Some(found)
    }
}

impl Field {
    /// Whether the engine says this of it.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|it| it == flag)
    }
}
