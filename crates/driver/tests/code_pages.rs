//! The examples of the pages of correlations and filters: what is bad is found, what is good is not.

#![allow(clippy::panic)]

use rulec_driver::{codes, load};

#[test]
fn bad_examples_are_found_and_good_ones_are_not() {
    for code in codes().filter(|it| it.id.starts_with(['K', 'F'])) {
        let blocks = |mark: &str| -> Vec<String> {
            let open = format!("```yaml {mark}\n");
            let parts = code.page.split(&open).skip(1);
            parts.filter_map(|it| it.split("```").next()).map(str::to_owned).collect()
        };
        let found = |text: &str| -> Vec<&'static str> {
            let loaded = load([("page.yml".to_owned(), text.as_bytes().to_vec())]);
            loaded.all_problems().map(|it| it.code.id).collect()
        };
        let (bad, good) = (blocks("bad"), blocks("good"));
        assert!(!bad.is_empty() && !good.is_empty(), "{}: no examples", code.id);
        for text in bad {
            assert!(found(&text).contains(&code.id), "{}: not found in\n{text}", code.id);
        }
        for text in good {
            // The pages about reading leave out the rules that a correlation names.
            let reading = ["K001", "K002", "K003"].contains(&code.id);
            let all = found(&text);
            let rest: Vec<_> = all.iter().filter(|it| !(reading && **it == "K004")).collect();
            assert!(rest.is_empty(), "{}: {rest:?} in\n{text}", code.id);
        }
    }
}
