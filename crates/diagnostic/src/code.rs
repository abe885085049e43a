//! The kinds of findings: each has an id, a name and a page.

/// A kind of finding.
///
/// Each is a `static` of the crate that reports it; its page is the Markdown file of the same id
/// beside that crate's code, and `rulec explain ID` prints it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// A letter for the stage and three digits: `M001`.
    pub id: &'static str,
    /// The same in words: `unknown-modifier`.
    pub name: &'static str,
    /// The page, as Markdown.
    pub page: &'static str,
}

/// Declares codes, and `CODES`, the list of all of them in the order given.
///
/// The page of each is read from `../codes/<id>.md`, relative to the calling file.
#[macro_export]
macro_rules! codes {
    ($($(#[$doc:meta])* $item:ident = $id:literal $name:literal;)*) => {
        $(
            $(#[$doc])*
            pub static $item: $crate::Code = $crate::Code {
                id: $id,
                name: $name,
                page: include_str!(concat!("../codes/", $id, ".md")),
            };
        )*

        /// Every code of this crate.
        pub static CODES: &[&$crate::Code] = &[$(&$item),*];
    };
}
