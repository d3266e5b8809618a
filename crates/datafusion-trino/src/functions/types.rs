//! Athena's types as Arrow types.
//!
//! | Athena | Arrow |
//! |---|---|
//! | varchar | `Utf8` (`Utf8View` and dictionaries are accepted as arguments) |
//! | json | `LargeUtf8`, compact text; nothing else in this engine is `LargeUtf8`, so the type survives arrays, rows, `CASE` and `UNION` |
//! | ipaddress | `FixedSizeBinary(16)`, IPv4 mapped into IPv6 |
//! | uuid | `FixedSizeBinary(17)`, its bytes and a zero byte, which tells it from an address |
//! | timestamp, timestamp with time zone | `Timestamp(Millisecond, zone)` |
//! | time(0), time(3) | `Time32(Second)`, `Time32(Millisecond)` |
//! | interval day to second | `Duration(Millisecond)` |
//! | interval year to month | `Interval(YearMonth)` |

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};

/// The JSON type.
pub const JSON: DataType = DataType::LargeUtf8;
/// The IPADDRESS type.
pub const IPADDRESS: DataType = DataType::FixedSizeBinary(16);
/// The UUID type.
pub const UUID: DataType = DataType::FixedSizeBinary(17);
/// `timestamp(3)`.
pub const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);
/// `interval day to second`.
pub const DAY_SECOND: DataType = DataType::Duration(TimeUnit::Millisecond);
/// `interval year to month`.
pub const YEAR_MONTH: DataType = DataType::Interval(IntervalUnit::YearMonth);
/// `time(0)`.
pub const WHOLE_TIME: DataType = DataType::Time32(TimeUnit::Second);
/// `time(3)`.
pub const TIME: DataType = DataType::Time32(TimeUnit::Millisecond);

/// `timestamp(3) with time zone`, in this zone.
pub fn zoned(zone: &str) -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some(zone.into()))
}

/// The field of a list's items.
pub fn item(data_type: DataType) -> FieldRef {
    Arc::new(Field::new("item", data_type, true))
}

/// `array(item)`.
pub fn list(of: DataType) -> DataType {
    DataType::List(item(of))
}

/// `map(key, value)`.
pub fn map(key: DataType, value: DataType) -> DataType {
    let entries = vec![Field::new("key", key, false), Field::new("value", value, true)];
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries.into()), false)), false)
}

/// Whether a type is varchar.
pub fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

/// The type of a list's items.
pub fn item_type(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field) => Some(field.data_type()),
        _ => None,
    }
}

/// The key and value types of a map.
pub fn entry_types(data_type: &DataType) -> Option<(&DataType, &DataType)> {
    let DataType::Map(entries, _) = data_type else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    Some((fields.first()?.data_type(), fields.get(1)?.data_type()))
}

/// Whether the field at this index of a row has a name that the engine made up.
pub fn is_unnamed(field: &Field, at: usize) -> bool {
    *field.name() == format!("field{at}") || *field.name() == format!("c{at}")
}

/// A type as Athena names it.
pub fn name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "unknown".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Int8 => "tinyint".into(),
        DataType::Int16 => "smallint".into(),
        DataType::Int32 => "integer".into(),
        DataType::Int64 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            "bigint".into()
        }
        DataType::Float16 | DataType::Float32 => "real".into(),
        DataType::Float64 => "double".into(),
        DataType::Decimal32(p, s)
        | DataType::Decimal64(p, s)
        | DataType::Decimal128(p, s)
        | DataType::Decimal256(p, s) => format!("decimal({p},{s})"),
        DataType::Utf8 | DataType::Utf8View => "varchar".into(),
        DataType::LargeUtf8 => "json".into(),
        DataType::FixedSizeBinary(16) => "ipaddress".into(),
        DataType::FixedSizeBinary(17) => "uuid".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "varbinary".into()
        }
        DataType::Date32 | DataType::Date64 => "date".into(),
        DataType::Time32(TimeUnit::Second) => "time(0)".into(),
        DataType::Time32(_) | DataType::Time64(_) => "time(3)".into(),
        DataType::Timestamp(_, None) => "timestamp(3)".into(),
        DataType::Timestamp(_, Some(_)) => "timestamp(3) with time zone".into(),
        DataType::Duration(_) => "interval day to second".into(),
        DataType::Interval(IntervalUnit::YearMonth) => "interval year to month".into(),
        DataType::Interval(_) => "interval day to second".into(),
        DataType::Dictionary(_, value) => name(value),
        DataType::Struct(fields) => {
            let fields = fields.iter().enumerate().map(|(at, field)| {
                let of = name(field.data_type());
                if is_unnamed(field, at) { of } else { format!("{} {of}", field.name()) }
            });
            format!("row({})", fields.collect::<Vec<_>>().join(", "))
        }
        other => {
            if let Some(item) = item_type(other) {
                format!("array({})", name(item))
            } else if let Some((key, value)) = entry_types(other) {
                format!("map({}, {})", name(key), name(value))
            } else {
                other.to_string()
            }
        }
    }
}

/// Whether an integer is one of an integer type.
pub fn fits(number: i64, data_type: &DataType) -> bool {
    match data_type {
        DataType::Int8 => i8::try_from(number).is_ok(),
        DataType::Int16 => i16::try_from(number).is_ok(),
        DataType::Int32 => i32::try_from(number).is_ok(),
        _ => true,
    }
}

/// The number type that both convert to: integers widen; integers become decimals, decimals reals, reals
/// doubles.
fn wider(a: &DataType, b: &DataType) -> DataType {
    let either = |is: fn(&DataType) -> bool| is(a) || is(b);
    if either(|of| *of == DataType::Float64) {
        return DataType::Float64;
    }
    if either(DataType::is_floating) {
        return DataType::Float32;
    }
    if a.is_integer() && b.is_integer() {
        let known = [DataType::Int8, DataType::Int16, DataType::Int32, DataType::Int64];
        let place = |of: &DataType| known.iter().position(|known| known == of).unwrap_or(known.len() - 1);
        return known[place(a).max(place(b))].clone();
    }
    let ((p, s), (q, t)) = (digits(a), digits(b));
    let scale = s.max(t);
    let whole = (i16::from(p) - i16::from(s)).max(i16::from(q) - i16::from(t));
    let precision = (whole + i16::from(scale)).min(38);
    DataType::Decimal128(u8::try_from(precision).unwrap_or(38), scale)
}

/// Precision and scale of the decimal that holds every value of an integer or decimal type.
pub fn digits(data_type: &DataType) -> (u8, i8) {
    match data_type {
        DataType::Decimal32(p, s)
        | DataType::Decimal64(p, s)
        | DataType::Decimal128(p, s)
        | DataType::Decimal256(p, s) => (*p, *s),
        DataType::Int8 => (3, 0),
        DataType::Int16 => (5, 0),
        DataType::Int32 => (10, 0),
        _ => (19, 0),
    }
}

/// The type that both convert to, by Athena's few implicit conversions; `None` if there is none.
pub fn common(a: &DataType, b: &DataType) -> Option<DataType> {
    if a == b || *b == DataType::Null {
        return Some(a.clone());
    }
    if *a == DataType::Null {
        return Some(b.clone());
    }
    if is_text(a) && is_text(b) {
        return Some(DataType::Utf8);
    }
    if a.is_numeric() && b.is_numeric() {
        return Some(wider(a, b));
    }
    match (a, b) {
        (DataType::Time32(_), DataType::Time32(_)) => Some(TIME),
        (DataType::Date32, DataType::Timestamp(_, _)) => Some(b.clone()),
        (DataType::Timestamp(_, _), DataType::Date32) => Some(a.clone()),
        (DataType::Timestamp(_, None), DataType::Timestamp(_, Some(_))) => Some(b.clone()),
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, _)) => Some(a.clone()),
        (DataType::Timestamp(_, None), DataType::Timestamp(_, None)) => Some(TIMESTAMP),
        (DataType::Struct(x), DataType::Struct(y)) if x.len() == y.len() => {
            let fields: Option<Vec<_>> = x
                .iter()
                .zip(y)
                .map(|(x, y)| Some(Field::new(x.name(), common(x.data_type(), y.data_type())?, true)))
                .collect();
            Some(DataType::Struct(fields?.into()))
        }
        _ => {
            if let (Some(x), Some(y)) = (item_type(a), item_type(b)) {
                return Some(list(common(x, y)?));
            }
            let ((ka, va), (kb, vb)) = (entry_types(a)?, entry_types(b)?);
            Some(map(common(ka, kb)?, common(va, vb)?))
        }
    }
}
