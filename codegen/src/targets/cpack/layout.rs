//! Lines as `clang-format` leaves them.

const WIDTH: usize = 100;

/// The head of a function: on one line if it fits, else a parameter per line.
pub(crate) fn head(indent: usize, name: &str, params: &[String], tail: &str) -> Vec<String> {
    let space = " ".repeat(indent);
    let one = format!("{space}{name}({}){tail}", params.join(", "));
    if one.len() <= WIDTH {
        return vec![one];
    }
    let column = indent + name.len() + 1;
    let fits = params.iter().all(|param| column + param.len() + 1 + tail.len() <= WIDTH);
    let space = " ".repeat(if fits { column } else { indent + 4 });
    let mut lines: Vec<_> = params.iter().map(|param| format!("{space}{param},")).collect();
    if let Some(last) = lines.last_mut() {
        last.pop();
        *last += &format!("){tail}");
    }
    let start = format!("{}{name}(", " ".repeat(indent));
    match lines.first_mut() {
        Some(first) if fits => first.replace_range(..column, &start),
        _ => lines.insert(0, start),
    }
    lines
}

/// A statement that keeps the value of a call: on one line if it fits, else broken as late as it can be.
pub(crate) fn call(indent: usize, target: &str, name: &str, args: &[String]) -> Vec<String> {
    let space = " ".repeat(indent);
    let args = args.join(", ");
    let target = if target.is_empty() { String::new() } else { format!("{target} = ") };
    let one = format!("{space}{target}{name}({args});");
    if one.len() <= WIDTH {
        return vec![one];
    }
    let deeper = format!("{space}    ");
    let broken = format!("{deeper}{name}({args});");
    if broken.len() <= WIDTH && !target.is_empty() {
        return vec![format!("{space}{}", target.trim_end()), broken];
    }
    let hanging = format!("{deeper}{args});");
    if hanging.len() <= WIDTH {
        return vec![format!("{space}{target}{name}("), hanging];
    }
    let column = " ".repeat(indent + target.len() + name.len() + 1);
    vec![format!("{space}{target}{name}({});", args.replace(", ", &format!(",\n{column}")))]
}

/// A comment.
pub(crate) fn comment(indent: usize, text: &str) -> Vec<String> {
    let space = " ".repeat(indent);
    let lines = wrap(text, WIDTH - indent - 3);
    lines.iter().map(|line| format!("{space}// {line}").trim_end().to_owned()).collect()
}

/// A text in lines of at most so many characters.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.len() + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
