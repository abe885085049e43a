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
            // The older pages name rules that they leave out.
            let all = found(&text);
            let rest: Vec<_> = all.iter().filter(|it| code.id > "K003" || **it != "K004").collect();
            assert!(code.id.starts_with('K') && code.id < "K004" && all.iter().all(|it| *it == "K004")
                || rest.is_empty(), "{}: {all:?} in\n{text}", code.id);
        }
    }
}
