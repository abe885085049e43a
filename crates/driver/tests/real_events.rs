//! Public rules over real events and changed ones, where both are at hand: the engine that is fast gives
//! the verdicts of the plain evaluator, however an event comes.
//!
//! `RULEC_EVENTS=5000 cargo test --release -p rulec-driver --test real_events` looks at more events.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::Read;
use std::path::{Path, PathBuf};

use ir::{Part, Predicate};
use matcher::Matcher;
use matcher::engine::{RuleSet, Unrouted};
use rulec_driver::Targets;
use serde_json::Value;

/// A small generator of numbers: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

fn collect(dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "yml") {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// The rules as a rule set whose every rule meets every event, the same as plain matchers, and the
/// texts that they ask for.
fn rules(corpus: &Path) -> (RuleSet, Vec<Matcher>, Vec<String>) {
    let mut files = Vec::new();
    for name in ["rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance"] {
        collect(&corpus.join(name), &mut files);
    }
    let loaded = rulec_driver::load(files);
    let targets = Targets::builtin();
    let detector =
        rulec_driver::detector(&loaded, &targets, Some("none"), Unrouted::Nothing).unwrap();
    let mut texts = Vec::new();
    let mut plain = Vec::new();
    for place in &detector.places {
        let expr = &loaded.rules[*place].lowered.as_ref().unwrap().rule.expr;
        plain.push(Matcher::new(expr).unwrap());
        expr.for_each_test(&mut |test| {
            let Predicate::Text(pattern, _) = &test.predicate else { return };
            let text = pattern.parts().iter().map(|it| match it {
                Part::Literal(it) => it.as_ref(),
                _ => "q",
            });
            texts.push(text.collect::<String>());
        });
    }
    let set = RuleSet::from_bytes(&detector.set.to_bytes().unwrap()).unwrap();
    (set, plain, texts)
}

/// About so many events of a packed file, from all over it.
fn events(path: &Path, count: usize) -> Vec<Value> {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    ruzstd::decoding::StreamingDecoder::new(file).unwrap().read_to_string(&mut text).unwrap();
    let step = (text.lines().count() / count).max(1);
    text.lines().step_by(step).map(|it| serde_json::from_str(it).unwrap()).collect()
}

/// Changes some values: to what rules ask for, to other kinds, to other letters.
fn change(event: &mut Value, random: &mut Random, texts: &[String]) {
    let Value::Object(map) = event else { return };
    let names: Vec<String> = map.keys().cloned().collect();
    for _ in 0..1 + random.below(4) {
        let name = random.one(&names);
        let Some(value) = map.get_mut(name) else { continue };
        let text = value.as_str().map(str::to_owned);
        let near = |text: &str, at: usize| (0..=at).rev().find(|it| text.is_char_boundary(*it));
        *value = match (random.below(9), text) {
            (0, _) => Value::Null,
            (1, _) => serde_json::json!(["other", value]),
            (2, _) => random.one(texts).clone().into(),
            (3, Some(text)) => text.to_uppercase().into(),
            (4, Some(text)) => text[..near(&text, random.below(text.len() + 1)).unwrap()].into(),
            (5, Some(mut text)) => {
                let at = near(&text, random.below(text.len() + 1)).unwrap();
                text.insert_str(at, random.one::<String>(texts));
                text.into()
            }
            (6, Some(mut text)) => {
                let at = near(&text, random.below(text.len() + 1)).unwrap();
                text.insert(at, *random.one(&['é', 'K', '\u{212a}', '"', '\\', '\n', '日', '_']));
                text.into()
            }
            (7, Some(text)) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            _ => {
                map.remove(name);
                continue;
            }
        };
    }
}

/// A line in which some characters of strings are escaped, as writers do that fear for them.
fn escaped(line: &str, random: &mut Random) -> String {
    let mut res = String::new();
    let (mut inside, mut after) = (false, false);
    for ch in line.chars() {
        let plain = inside && !after && !matches!(ch, '"' | '\\') && (ch as u32) < 0xd800;
        if plain && random.below(30) == 0 {
            res.push_str(&format!("\\u{:04x}", ch as u32));
        } else {
            res.push(ch);
        }
        (inside, after) = match ch {
            '"' if !after => (!inside, false),
            '\\' if inside && !after => (true, true),
            _ => (inside, false),
        };
    }
    res
}

#[test]
fn the_engine_agrees_with_the_plain_evaluator_on_real_events() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let corpus = shared.join("corpus/sigmahq");
    if !corpus.is_dir() || !shared.join("events").is_dir() {
        eprintln!("skipped: no public rules and events at {}", shared.display());
        return;
    }
    let count = std::env::var("RULEC_EVENTS").ok().and_then(|it| it.parse().ok()).unwrap_or(30);
    let (set, plain, texts) = rules(&corpus);
    let mut scanner = set.scanner();
    let mut random = Random(88_172_645_463_325_252);
    let (mut pairs, mut matches) = (0, 0);
    for name in ["evtx.ndjson.zst", "background.ndjson.zst"] {
        for event in events(&shared.join("events").join(name), count) {
            for changed in 0..3 {
                let mut event = event.clone();
                if changed > 0 {
                    change(&mut event, &mut random, &texts);
                }
                let wanted: Vec<usize> =
                    (0..plain.len()).filter(|it| plain[*it].matches(&event)).collect();
                let line = event.to_string();
                for line in [escaped(&line, &mut random), line] {
                    let found = scanner.line(line.as_bytes()).unwrap();
                    assert_eq!(found.map(|it| it.index).collect::<Vec<_>>(), wanted, "{line}");
                }
                let found: Vec<usize> = scanner.value(&event).map(|it| it.index).collect();
                assert_eq!(found, wanted, "{event}");
                pairs += plain.len();
                matches += wanted.len();
            }
        }
    }
    println!("{pairs} pairs, {matches} matches");
    assert!(plain.len() > 2500 && matches > 0, "{pairs} {matches}");
}
