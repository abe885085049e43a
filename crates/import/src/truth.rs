//! Truth that may be unknown: languages in which a comparison with nothing is neither true nor false.

use ir::Expr;

/// When something is true, and when it is false; it is unknown otherwise.
#[derive(Debug, Clone)]
pub struct Truth {
    /// True.
    pub yes: Expr,
    /// False.
    pub no: Expr,
}

impl Truth {
    /// True or false, never unknown.
    pub fn of(yes: Expr) -> Truth {
        Truth { no: yes.clone().not(), yes }
    }

    /// Always the same.
    pub fn constant(value: bool) -> Truth {
        Truth::of(Expr::Const(value))
    }

    /// The negation; what is unknown stays so.
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Truth {
        Truth { yes: self.no, no: self.yes }
    }

    /// All of them.
    pub fn all(parts: Vec<Truth>) -> Truth {
        let (yes, no) = parts.into_iter().map(|it| (it.yes, it.no)).unzip();
        Truth { yes: Expr::all(yes), no: Expr::any(no) }
    }

    /// Any of them.
    pub fn any(parts: Vec<Truth>) -> Truth {
        let (yes, no) = parts.into_iter().map(|it| (it.yes, it.no)).unzip();
        Truth { yes: Expr::any(yes), no: Expr::all(no) }
    }

    /// What is unknown becomes false, or true.
    pub fn or(self, value: bool) -> Truth {
        match value {
            false => Truth::of(self.yes),
            true => Truth::of(self.no.not()),
        }
    }
}
