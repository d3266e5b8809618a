//! A planned expression back as Athena's SQL, for a filter that Athena is to evaluate.
//!
//! Prints only what it knows to mean the same there; everything else is `None`, and the caller does without.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{InList, Like, ScalarFunction};
use datafusion::logical_expr::{Between, BinaryExpr, Case, Expr, Operator};

use crate::engine::embedded::functions::{self, Floats, scalar_text, types};

/// An expression in Athena's SQL, its columns without qualifier; `None` if it has no certain equal there.
#[must_use]
pub fn print(expr: &Expr) -> Option<String> {
    Some(match expr {
        Expr::Column(column) => quoted(&column.name),
        Expr::Alias(alias) => print(&alias.expr)?,
        Expr::Literal(value, _) => literal(value)?,
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            format!("({} {} {})", print(left)?, operator(*op)?, print(right)?)
        }
        Expr::Not(inner) => format!("(NOT {})", print(inner)?),
        Expr::Negative(inner) => format!("(-{})", print(inner)?),
        Expr::IsNull(inner) => format!("({} IS NULL)", print(inner)?),
        Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", print(inner)?),
        Expr::IsTrue(inner) => format!("({} IS NOT DISTINCT FROM true)", print(inner)?),
        Expr::IsNotTrue(inner) => format!("({} IS DISTINCT FROM true)", print(inner)?),
        Expr::IsFalse(inner) => format!("({} IS NOT DISTINCT FROM false)", print(inner)?),
        Expr::IsNotFalse(inner) => format!("({} IS DISTINCT FROM false)", print(inner)?),
        Expr::InList(InList { expr, list, negated }) => {
            format!("({} {}IN ({}))", print(expr)?, not(*negated), all(list)?.join(", "))
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            format!("({} {}BETWEEN {} AND {})", print(expr)?, not(*negated), print(low)?, print(high)?)
        }
        Expr::Like(Like { negated, expr, pattern, escape_char, case_insensitive: false }) => {
            let text = print(pattern)?;
            // Here `\` always escapes; there only what ESCAPE names.
            let escape = match escape_char.unwrap_or('\\') {
                c if text.contains(c) => format!(" ESCAPE {}", string(&c.to_string())),
                _ => String::new(),
            };
            format!("({} {}LIKE {text}{escape})", print(expr)?, not(*negated))
        }
        Expr::Case(Case { expr, when_then_expr, else_expr }) => {
            let mut text = String::from("CASE");
            if let Some(operand) = expr {
                text.push_str(&format!(" {}", print(operand)?));
            }
            for (when, then) in when_then_expr {
                text.push_str(&format!(" WHEN {} THEN {}", print(when)?, print(then)?));
            }
            if let Some(otherwise) = else_expr {
                text.push_str(&format!(" ELSE {}", print(otherwise)?));
            }
            text + " END"
        }
        // Added when the two sides of a comparison have different widths.
        Expr::Cast(cast) => {
            let to = cast.field.data_type();
            let plain = types::is_text(to) || to.is_integer() || *to == DataType::Float64;
            let inner = print(&cast.expr)?;
            if types::is_text(to) {
                inner
            } else {
                plain.then(|| format!("CAST({inner} AS {})", types::name(to)))?
            }
        }
        Expr::ScalarFunction(call) => function(call)?,
        Expr::HigherOrderFunction(call) if call.func.name() == "$try" => match call.args.as_slice() {
            [Expr::Lambda(lambda)] => format!("TRY({})", print(&lambda.body)?),
            _ => return None,
        },
        _ => return None,
    })
}

fn all(exprs: &[Expr]) -> Option<Vec<String>> {
    exprs.iter().map(print).collect()
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn operator(op: Operator) -> Option<&'static str> {
    Some(match op {
        Operator::Eq => "=",
        Operator::NotEq => "<>",
        Operator::Lt => "<",
        Operator::LtEq => "<=",
        Operator::Gt => ">",
        Operator::GtEq => ">=",
        Operator::Plus => "+",
        Operator::Minus => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Modulo => "%",
        Operator::And => "AND",
        Operator::Or => "OR",
        Operator::IsDistinctFrom => "IS DISTINCT FROM",
        Operator::IsNotDistinctFrom => "IS NOT DISTINCT FROM",
        _ => return None,
    })
}

fn literal(value: &ScalarValue) -> Option<String> {
    if value.is_null() {
        return match value.data_type() {
            DataType::Null => Some("NULL".into()),
            data_type
                if types::is_text(&data_type) || data_type.is_integer() || data_type == DataType::Boolean =>
            {
                Some(format!("CAST(NULL AS {})", types::name(&data_type)))
            }
            _ => None,
        };
    }
    let array = value.to_array().ok()?;
    let text = || scalar_text(&array, 0, Floats::Sql);
    Some(match array.data_type() {
        data_type if types::is_text(data_type) => string(&text()?),
        data_type if data_type.is_integer() || *data_type == DataType::Boolean => text()?,
        DataType::Float64 | DataType::Float32 => {
            let text = text()?;
            if text.contains(['N', 'I']) { format!("CAST({} AS double)", string(&text)) } else { text }
        }
        DataType::LargeUtf8 => format!("json_parse({})", string(&text()?)),
        DataType::Date32 => format!("DATE {}", string(&text()?)),
        DataType::Timestamp(_, _) => format!("TIMESTAMP {}", string(&text()?)),
        DataType::FixedSizeBinary(16) => format!("IPADDRESS {}", string(&text()?)),
        DataType::Duration(_) => {
            let ms = value.cast_to(&DataType::Int64).ok()?;
            format!("parse_duration('{ms}ms')")
        }
        data_type => {
            let of = types::item_type(data_type)?.clone();
            let list = datafusion::arrow::compute::cast(&array, &types::list(of)).ok()?;
            let items = list.as_list::<i32>().value(0);
            let items = (0..items.len()).map(|at| literal(&ScalarValue::try_from_array(&items, at).ok()?));
            format!("ARRAY[{}]", items.collect::<Option<Vec<_>>>()?.join(", "))
        }
    })
}

fn function(call: &ScalarFunction) -> Option<String> {
    let full = call.name();
    let (name, lenient) = full.strip_suffix("$try").map_or((full, false), |name| (name, true));
    let constant = |at: usize| match call.args.get(at) {
        Some(Expr::Literal(value, _)) => value.try_as_str().flatten(),
        _ => None,
    };
    let args = || all(&call.args);
    let two = |sign: &str| {
        let args = args()?;
        Some(format!("({} {sign} {})", args.first()?, args.get(1)?))
    };
    let text = match name {
        "get_field" => {
            let mut text = print(call.args.first()?)?;
            for at in 1..call.args.len() {
                text.push_str(&format!(".{}", quoted(constant(at)?)));
            }
            text
        }
        "$cast" | "$try_cast" => {
            let function = if name == "$cast" && !lenient { "CAST" } else { "TRY_CAST" };
            return Some(format!("{function}({} AS {})", print(call.args.first()?)?, constant(1)?));
        }
        "$subscript" => {
            let args = args()?;
            format!("{}[{}]", args.first()?, args.get(1)?)
        }
        "$array" => format!("ARRAY[{}]", args()?.join(", ")),
        "$map" => format!("MAP({})", args()?.join(", ")),
        "$like" => {
            let args = args()?;
            let escape = args.get(2).map(|escape| format!(" ESCAPE {escape}")).unwrap_or_default();
            format!("({} LIKE {}{escape})", args.first()?, args.get(1)?)
        }
        "$add" => two("+")?,
        "$subtract" => two("-")?,
        "$multiply" => two("*")?,
        "$divide" => two("/")?,
        "$modulus" => two("%")?,
        "$equal" => two("=")?,
        "$not_equal" => two("<>")?,
        "$less" => two("<")?,
        "$less_equal" => two("<=")?,
        "$greater" => two(">")?,
        "$greater_equal" => two(">=")?,
        "$negate" => format!("(-{})", args()?.first()?),
        "$day_second" => format!("parse_duration('{}ms')", constant(0)?),
        name if functions::known().binary_search(&name).is_ok() => format!("{name}({})", args()?.join(", ")),
        _ => return None,
    };
    Some(if lenient { format!("TRY({text})") } else { text })
}
