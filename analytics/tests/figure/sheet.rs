//! Reads an SVG as a reader with eyes would: is it XML, is every text on the sheet, does none cover another.
//! Invariant: widths are estimated here on their own, a Chinese character one em, others a little over half.
//! Absent on purpose: anything the figures themselves use to set text.

use std::collections::BTreeMap;

use hengping_analytics::figure::Figure;

/// An element with its attributes and the text directly inside it.
#[derive(Debug, Clone, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
}

impl Element {
    pub fn number(&self, name: &str) -> f64 {
        self.attributes.get(name).and_then(|v| v.parse().ok()).unwrap_or(f64::NAN)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.attributes.get(name).is_some_and(|v| v == value)
    }
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or_else(|| format!("bare & before {part:?}"))?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" | "#39" => '\'',
            other => return Err(format!("unknown entity {other:?}")),
        });
        out.push_str(rest);
    }
    Ok(out)
}

fn tag(inside: &str) -> Result<Element, String> {
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    while !rest.trim().is_empty() {
        let (key, after) = rest.trim_start().split_once("=\"").ok_or_else(|| format!("attribute in {inside:?}"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| format!("open quote in {inside:?}"))?;
        if value.contains('<') || element.attributes.insert(key.to_owned(), unescape(value)?).is_some() {
            return Err(format!("attribute {key} in {inside:?}"));
        }
        rest = after;
    }
    Ok(element)
}

/// Elements in document order, or what is not well-formed.
pub fn parse(svg: &str) -> Result<Vec<Element>, String> {
    let (mut elements, mut stack): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut rest = svg.trim();
    while !rest.is_empty() {
        let at = rest.find('<').unwrap_or(rest.len());
        let text = unescape(&rest[..at])?;
        match stack.last() {
            Some(&open) => elements[open].text.push_str(&text),
            None if text.trim().is_empty() => {}
            None => return Err(format!("text outside the root: {text:?}")),
        }
        if at == rest.len() {
            break;
        }
        let (inside, after) = rest[at + 1..].split_once('>').ok_or("an open tag")?;
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            let open = stack.pop().ok_or("a closing tag too many")?;
            if elements[open].name != name {
                return Err(format!("{} closed by {name}", elements[open].name));
            }
            continue;
        }
        if stack.is_empty() && !elements.is_empty() {
            return Err("two roots".into());
        }
        let (inside, closed) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        elements.push(tag(inside)?);
        if !closed {
            stack.push(elements.len() - 1);
        }
    }
    if stack.is_empty() { Ok(elements) } else { Err("an element is never closed".into()) }
}

/// Left, top, right, bottom of a text.
pub fn place(text: &Element) -> [f64; 4] {
    let size = text.number("font-size");
    let latin = if text.is("font-weight", "bold") { 0.59 } else { 0.55 };
    let em = |c: char| match c {
        '\u{2e80}'.. | '±' | '≥' | '≤' | '·' => 1.0,
        ' ' | '.' | ',' | ':' | '(' | ')' | 'i' | 'l' => 0.31,
        _ => latin,
    };
    let wide: f64 = text.text.chars().map(em).sum::<f64>() * size;
    let x = text.number("x");
    let left = match text.attributes["text-anchor"].as_str() {
        "end" => x - wide,
        "middle" => x - wide / 2.0,
        _ => x,
    };
    let y = text.number("y");
    [left, y - size / 2.0, left + wide, y + size / 2.0]
}

fn points(element: &Element) -> Vec<(f64, f64)> {
    let at = |x: &str, y: &str| (element.number(x), element.number(y));
    match element.name.as_str() {
        "rect" => {
            let (x, y) = at("x", "y");
            vec![(x, y), (x + element.number("width"), y + element.number("height"))]
        }
        "circle" => vec![at("cx", "cy")],
        "line" => vec![at("x1", "y1"), at("x2", "y2")],
        "polygon" | "polyline" => element.attributes["points"]
            .split_whitespace()
            .map(|pair| pair.split_once(',').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).unwrap())
            .collect(),
        _ => vec![],
    }
}

/// Everything wrong with a figure as a drawing.
pub fn faults(figure: &Figure) -> Vec<String> {
    let elements = match parse(&figure.svg) {
        Ok(elements) => elements,
        Err(fault) => return vec![fault],
    };
    let mut faults = Vec::new();
    let sheet = [elements[0].number("width"), elements[0].number("height")];
    let texts: Vec<&Element> = elements.iter().filter(|e| e.name == "text").collect();
    for text in &texts {
        let [left, top, right, bottom] = place(text);
        if left < 0.0 || top < 0.0 || right > sheet[0] || bottom > sheet[1] {
            faults.push(format!("off the sheet: {:?}", text.text));
        }
        if text.number("font-size") < 12.0 || text.text.trim().is_empty() {
            faults.push(format!("too small or empty: {:?}", text.text));
        }
    }
    for (index, one) in texts.iter().enumerate() {
        for other in &texts[index + 1..] {
            let (a, b) = (place(one), place(other));
            let over = |low: usize, high: usize| a[high].min(b[high]) - a[low].max(b[low]);
            if over(0, 2) > 1.0 && over(1, 3) > 1.0 {
                faults.push(format!("{:?} covers {:?}", one.text, other.text));
            }
        }
    }
    for element in &elements {
        for (x, y) in points(element) {
            if !(x >= -0.5 && y >= -0.5 && x <= sheet[0] + 0.5 && y <= sheet[1] + 0.5) {
                faults.push(format!("a {} off the sheet at {x}, {y}", element.name));
            }
        }
    }
    for name in ["title", "desc"] {
        if !elements.iter().any(|e| e.name == name && !e.text.trim().is_empty()) {
            faults.push(format!("no {name}"));
        }
    }
    let wide = figure.table.first().map_or(0, Vec::len);
    if figure.table.len() < 2 || figure.table.iter().any(|record| record.len() != wide) {
        faults.push("a ragged or empty table".into());
    }
    faults
}

/// Texts of a figure in document order.
pub fn texts(figure: &Figure) -> Vec<String> {
    parse(&figure.svg).unwrap().into_iter().filter(|e| e.name == "text").map(|e| e.text).collect()
}

fn figure(body: &str) -> Figure {
    let table = vec![vec!["a".to_owned()], vec!["1".to_owned()]];
    let svg = format!("<svg width=\"300\" height=\"100\"><title>t</title><desc>d</desc>{body}</svg>");
    Figure { name: "x", svg, table }
}

fn word(text: &str, x: i32, y: i32) -> String {
    format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"start\" font-size=\"14\">{text}</text>")
}

/// The reader itself must see what is wrong.
#[test]
fn faults_are_seen() {
    let good = word("法院", 10, 20) + &word("法院", 40, 20) + &word("法院", 10, 40);
    assert_eq!(faults(&figure(&good)), Vec::<String>::new());
    assert_eq!(faults(&figure(&(word("法院", 10, 20) + &word("法院", 30, 26)))).len(), 1, "covered");
    assert_eq!(faults(&figure(&word("市南区人民法院", 250, 20))).len(), 1, "off the sheet");
    for broken in ["<text>a & b</text>", "<g><rect/>", "<text>a</g>", "<rect a=\"1\" a=\"2\"/>", "</svg><svg>"] {
        assert!(parse(&figure(broken).svg).is_err(), "{broken}");
    }
}
