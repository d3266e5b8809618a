//! Names of items of a SELECT list: how Athena names a column that has no alias.

use datafusion::sql::sqlparser::ast::{AccessExpr, Expr, Ident, Select, SetExpr};

/// The identifier that names an expression: the last one of `name` or `user.name`; a field of a computed
/// value, such as
/// `items[1].name`, has none.
pub(super) fn last_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(idents) => idents.last(),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let is_name = |step: &AccessExpr| matches!(step, AccessExpr::Dot(Expr::Identifier(_)));
            last_name(root).filter(|_| access_chain.iter().all(is_name))?;
            match access_chain.last()? {
                AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident),
                _ => None,
            }
        }
        Expr::Nested(inner) => last_name(inner),
        _ => None,
    }
}

/// The SELECT that names the columns of a query's result.
pub(super) fn leftmost(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => leftmost(&query.body),
        SetExpr::SetOperation { left, .. } => leftmost(left),
        _ => None,
    }
}
