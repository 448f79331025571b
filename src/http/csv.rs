//! Files that people open in a spreadsheet: RFC 4180, with nothing in them that a spreadsheet would run.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};

/// What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection).
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// By it Excel knows that a file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// An answer that is saved as `banzhu-NAME.csv`; its body is begun with [`head`].
pub(super) fn answer(name: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"banzhu-{name}.csv\""),
        ));
    answer
}

/// What a file begins with: the mark, where it is wanted, and the names of the columns.
pub(super) fn head(columns: &[&str], with_mark: bool) -> String {
    let mark = if with_mark { BYTE_ORDER_MARK } else { "" };
    mark.to_owned() + &line(columns.iter().map(|column| (*column).to_owned()))
}

/// A line of a file.
pub(super) fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(neutral).map(quoted).collect();
    cells.join(",") + "\r\n"
}

/// A cell that begins like a formula, as text: members choose what stands in it.
fn neutral(cell: String) -> String {
    if cell.starts_with(FORMULA_STARTS) {
        format!("'{cell}")
    } else {
        cell
    }
}

fn quoted(cell: String) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_could_be_taken_for_more_is_quoted() {
        for (cell, written) in [
            ("open", "open"),
            ("他說「a,b」", "\"他說「a,b」\""),
            ("a \"b\"\nc", "\"a \"\"b\"\"\nc\""),
            ("=1+1", "'=1+1"),
            ("+886", "'+886"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\r=x", "\"'\r=x\""),
            (
                "=HYPERLINK(\"http://x\",\"y\")",
                "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
            ),
            ("a=b", "a=b"),
        ] {
            assert_eq!(line([cell.to_owned()]), format!("{written}\r\n"));
        }
    }

    #[test]
    fn the_mark_stands_first_or_not_at_all() {
        assert_eq!(head(&["a", "b"], true), "\u{feff}a,b\r\n");
        assert_eq!(head(&["a", "b"], false), "a,b\r\n");
    }
}
