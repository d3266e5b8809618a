//! What every suite takes on its command line.

/// What to compare.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names of the parts to run, in this order.
    pub parts: Vec<String>,
    /// How many statements to generate.
    pub cases: u64,
    /// For how many seconds to generate, in place of a number of statements.
    pub seconds: Option<u64>,
    /// Where generation begins.
    pub seed: u64,
    /// Whether to print every difference, also the known ones.
    pub all: bool,
}

impl Options {
    /// Reads arguments: names of `parts`, of which all run if none is given; options of this type; and what
    /// `further` knows, which
    /// takes an option and a way to its value and answers whether it knows the option.
    ///
    /// # Errors
    ///
    /// If an argument is unknown or has a bad value.
    pub fn read(
        arguments: impl IntoIterator<Item = String>,
        parts: &[&str],
        mut further: impl FnMut(&str, &mut dyn FnMut() -> Result<String, String>) -> Result<bool, String>,
    ) -> Result<Self, String> {
        let mut options = Self { parts: Vec::new(), cases: 3_000, seconds: None, seed: 1, all: false };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                part if parts.contains(&part) => options.parts.push(argument),
                "--cases" => options.cases = number(&value()?)?,
                "--seconds" => options.seconds = Some(number(&value()?)?),
                "--seed" => options.seed = number(&value()?)?,
                "--all" => options.all = true,
                other if further(other, &mut value)? => {}
                other => {
                    return Err(format!(
                        "unknown argument `{other}`: the parts are {}; options are described in `options.rs`",
                        parts.join(", ")
                    ));
                }
            }
        }
        if options.parts.is_empty() {
            options.parts = parts.iter().map(|part| (*part).to_owned()).collect();
        }
        Ok(options)
    }
}

/// Reads a number.
///
/// # Errors
///
/// If the text is not a number.
pub fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}
