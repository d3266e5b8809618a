//! Tables, lists in code blocks, and backticks of Markdown pages.

/// The rows of the first table whose header has these columns, each with its line; the cells are trimmed.
pub fn table<'a>(page: &'a str, header: &[&str]) -> Vec<(usize, Vec<&'a str>)> {
    let lines = page.lines().enumerate().map(|(index, line)| (index + 1, line));
    let mut rows = lines.skip_while(|(_, line)| cells(line) != header);
    rows.next();
    rows.skip(1)
        .map_while(|(number, line)| line.trim_start().starts_with('|').then(|| (number, cells(line))))
        .collect()
}

fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    inner.map(|inner| inner.split('|').map(str::trim).collect()).unwrap_or_default()
}

/// The lines `name: one, two` of the first code block with this label, each with its line.
pub fn list<'a>(page: &'a str, label: &str) -> Vec<(usize, &'a str, Vec<&'a str>)> {
    let lines = page.lines().enumerate().map(|(index, line)| (index + 1, line));
    let block = lines.skip_while(|(_, line)| line.trim() != format!("```{label}")).skip(1);
    block
        .take_while(|(_, line)| line.trim() != "```")
        .filter_map(|(number, line)| {
            let (name, rest) = line.split_once(':')?;
            let names = rest.split(',').map(str::trim).filter(|name| !name.is_empty());
            Some((number, name.trim(), names.collect()))
        })
        .collect()
}

/// What stands between backticks in one line.
pub fn code(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// The lines outside of code blocks, each with its number.
pub fn prose(page: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let lines = page.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .filter(|(_, line)| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_with_this_header_is_read() {
        let page = "| x |\n|---|\n| no |\n\n| a | b |\n|---|---|\n| `1`, `2` | |\n| 3 | 4 |\n\n| 5 | 6 |\n";
        assert_eq!(table(page, &["a", "b"]), [(7, vec!["`1`, `2`", ""]), (8, vec!["3", "4"])]);
        assert_eq!(code("`1`, `2`"), ["1", "2"]);
    }

    #[test]
    fn the_list_with_this_label_is_read() {
        let page = "```sh\na: b\n```\n```layers\na: b, c/d\nlow:\n```\ne: f\n";
        assert_eq!(list(page, "layers"), [(5, "a", vec!["b", "c/d"]), (6, "low", vec![])]);
    }

    #[test]
    fn code_blocks_are_left_out() {
        assert_eq!(prose("a\n```sh\nb\n```\nc"), [(1, "a"), (5, "c")]);
    }
}
