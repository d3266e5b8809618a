//! `concat` and `||`: varchar or arrays, NULL if any argument is; `concat_ws` skips NULLs.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::functions::adapter::{Arguments, Call, Overload, Param, Returns, Spec, given, text};
use crate::functions::error::FunctionError;
use crate::functions::lists::{Lists, gather, join};
use crate::functions::types;

pub(super) const CONCAT: Spec = Spec {
    name: "concat",
    overloads: &[
        Overload::new(&[Param::Text, Param::Text], text, texts).variadic(),
        Overload::new(&[Param::List, Param::List], lists_type, lists).variadic(),
        Overload::new(&[Param::Any], too_few, texts),
        Overload::new(&[Param::List, Param::Any], appended_type, appended),
        Overload::new(&[Param::Any, Param::List], appended_type, appended),
    ],
};

pub(super) const CONCAT_WS: Spec = Spec {
    name: "concat_ws",
    overloads: &[
        Overload::new(&[Param::Text, Param::List], of_texts, joined_list),
        Overload::new(&[Param::Text, Param::Text], text, joined).variadic(),
    ],
};

fn of_texts(given: &Arguments) -> Returns {
    match types::item_type(&given.types[1]) {
        Some(item) if types::is_text(item) || *item == DataType::Null => text(given),
        _ => Err(FunctionError::parameters("Unexpected parameters for function concat_ws")),
    }
}

fn too_few(_: &Arguments) -> Returns {
    Err(FunctionError::argument("There must be two or more concatenation arguments"))
}

fn lists_type(given: &Arguments) -> Returns {
    let mut all = given.types.iter();
    let first = all.next().expect("two parameters").clone();
    all.try_fold(first, |a, b| types::common(&a, b)).ok_or_else(|| mismatch(given))
}

fn appended_type(given: &Arguments) -> Returns {
    let [a, b] = [&given.types[0], &given.types[1]];
    let (of, item) = match types::item_type(a) {
        Some(of) => (of, b),
        None => (types::item_type(b).ok_or_else(|| mismatch(given))?, a),
    };
    types::common(of, item).map(types::list).ok_or_else(|| mismatch(given))
}

fn mismatch(given: &Arguments) -> FunctionError {
    let names: Vec<_> = given.types.iter().map(types::name).collect();
    FunctionError::parameters(format!("Unexpected parameters ({}) for function concat", names.join(", ")))
}

fn texts(call: &Call) -> Result<ArrayRef> {
    let parts = (0..call.len()).map(|i| call.text(i)).collect::<Result<Vec<_>>>()?;
    call.texts(|row| {
        let mut all = String::new();
        for part in &parts {
            all.push_str(given!(part.at(row)));
        }
        Ok(Some(all))
    })
}

fn lists(call: &Call) -> Result<ArrayRef> {
    let of = types::item_type(&call.returns).unwrap_or(&DataType::Null).clone();
    let parts = (0..call.len()).map(|i| Lists::read(call, i, &of)).collect::<Result<Vec<_>>>()?;
    let items: Vec<_> = parts.iter().map(Lists::items).collect();
    let (items, starts) = join(&items)?;
    gather(call, &items, |row| {
        let mut all = Vec::new();
        for (part, start) in parts.iter().zip(&starts) {
            all.extend(given!(part.at(row)).map(|at| Some(at + start)));
        }
        Ok(Some(all))
    })
}

fn appended(call: &Call) -> Result<ArrayRef> {
    let of = types::item_type(&call.returns).unwrap_or(&DataType::Null).clone();
    let at = usize::from(types::item_type(&call.types()[0]).is_none());
    let list = Lists::read(call, at, &of)?;
    let item = call.full(1 - at, &of)?;
    let (items, starts) = join(&[list.items(), &item])?;
    gather(call, &items, |row| {
        let list = given!(list.at(row)).map(Some);
        let item = Some(given!(item.is_valid(row).then_some(starts[1] + row)));
        Ok(Some(if at == 0 {
            list.chain([item]).collect()
        } else {
            [item].into_iter().chain(list).collect()
        }))
    })
}

fn joined(call: &Call) -> Result<ArrayRef> {
    let separator = call.text(0)?;
    let parts = (1..call.len()).map(|i| call.text(i)).collect::<Result<Vec<_>>>()?;
    call.texts(|row| {
        let separator = given!(separator.at(row));
        Ok(Some(parts.iter().filter_map(|part| part.at(row)).collect::<Vec<_>>().join(separator)))
    })
}

fn joined_list(call: &Call) -> Result<ArrayRef> {
    use datafusion::arrow::array::AsArray;
    let separator = call.text(0)?;
    let list = Lists::read(call, 1, &DataType::Utf8)?;
    let items = list.items().as_string::<i32>().clone();
    call.texts(|row| {
        let separator = given!(separator.at(row));
        let parts: Vec<_> =
            given!(list.at(row)).filter(|at| items.is_valid(*at)).map(|at| items.value(at)).collect();
        Ok(Some(parts.join(separator)))
    })
}
