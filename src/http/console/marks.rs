//! A text with its hits, cut into pieces that a template escapes one by one.
//!
//! Members write what they like, also characters that nobody sees, that turn the direction of what follows, or that pile up
//! on others. Such are shown as small signs: nothing of the page can be turned by them, and moderators see that they are there.

/// How many combining marks on one character are shown as they are.
const COMBINING_MAX: usize = 2;

/// A hit in a text: code points `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The first code point.
    pub start: usize,
    /// The code point after the last.
    pub end: usize,
    /// 1 to 4; 0 where it is only noted.
    pub severity: u8,
    /// Whether it is only guessed at.
    pub guessed: bool,
    /// The hit's place in the list beside the text.
    pub hit: usize,
}

/// A stretch of text under the same hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it shows.
    pub runs: Vec<Run>,
    /// The hit that it is marked as, the gravest where there are several.
    pub mark: Option<Mark>,
    /// The places of all hits over it, with blanks between.
    pub hits: String,
}

/// What a piece shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Text as it is.
    Text(String),
    /// A character that is not shown as itself: its sign, and its name for who asks.
    Sign(String, String),
}

impl Run {
    /// The text, for templates.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Sign(..) => None,
        }
    }

    /// The sign and its name, for templates.
    pub fn sign(&self) -> Option<(&str, &str)> {
        match self {
            Self::Text(_) => None,
            Self::Sign(sign, name) => Some((sign, name)),
        }
    }
}

/// The text without hits.
pub fn plain(text: &str) -> Vec<Piece> {
    pieces(text, &[])
}

/// The text, cut where a hit begins or ends.
pub fn pieces(text: &str, marks: &[Mark]) -> Vec<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let marks: Vec<Mark> = marks
        .iter()
        .filter(|mark| mark.start < mark.end && mark.end <= chars.len())
        .copied()
        .collect();
    let mut cuts: Vec<usize> = marks
        .iter()
        .flat_map(|mark| [mark.start, mark.end])
        .chain([0, chars.len()])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .filter_map(|cut| match *cut {
            [start, end] => Some(piece(&chars, start, end, &marks)),
            _ => None,
        })
        .collect()
}

fn piece(chars: &[char], start: usize, end: usize, marks: &[Mark]) -> Piece {
    let over: Vec<Mark> = marks
        .iter()
        .filter(|mark| mark.start <= start && end <= mark.end)
        .copied()
        .collect();
    // The gravest; of equals the one that is sure, then the first.
    let gravest = over
        .iter()
        .copied()
        .reduce(|best, next| match rank(&next) > rank(&best) {
            true => next,
            false => best,
        });
    let hits: Vec<String> = over.iter().map(|mark| mark.hit.to_string()).collect();
    Piece {
        runs: runs(chars, start, end),
        mark: gravest,
        hits: hits.join(" "),
    }
}

const fn rank(mark: &Mark) -> (u8, bool) {
    (mark.severity, !mark.guessed)
}

fn runs(chars: &[char], start: usize, end: usize) -> Vec<Run> {
    let (mut runs, mut text, mut combining) = (Vec::new(), String::new(), 0);
    for (index, &ch) in chars.iter().enumerate().take(end).skip(start) {
        combining = if is_combining(ch) { combining + 1 } else { 0 };
        match sign(ch, index, chars, combining) {
            None => text.push(ch),
            Some(sign) => {
                if !text.is_empty() {
                    runs.push(Run::Text(std::mem::take(&mut text)));
                }
                push_sign(&mut runs, sign, ch);
            }
        }
    }
    if !text.is_empty() {
        runs.push(Run::Text(text));
    }
    runs
}

/// A sign; many of a kind in a row are one sign with their number.
fn push_sign(runs: &mut Vec<Run>, sign: &str, ch: char) {
    let name = format!("U+{:04X}", ch as u32);
    if let Some(Run::Sign(last, names)) = runs.last_mut() {
        let (kind, count) = last.split_once('×').unwrap_or((last.as_str(), "1"));
        if kind == sign {
            let count = count.parse::<usize>().unwrap_or(1) + 1;
            if count <= 4 {
                names.push(' ');
                names.push_str(&name);
            } else if count == 5 {
                names.push_str(" …");
            }
            *last = format!("{sign}×{count}");
            return;
        }
    }
    runs.push(Run::Sign(sign.to_owned(), name));
}

/// The sign that stands for a character; `None` if it is shown as it is.
fn sign(ch: char, index: usize, chars: &[char], combining: usize) -> Option<&'static str> {
    let named = match ch {
        '\n' | '\t' => return None,
        '\u{200D}' if joins(index, chars) => return None,
        // Chooses between the looks of a character; harmless after one.
        '\u{FE00}'..='\u{FE0F}' if index > 0 => return None,
        '\u{200B}' => "ZWSP",
        '\u{200C}' => "ZWNJ",
        '\u{200D}' => "ZWJ",
        '\u{200E}' => "LRM",
        '\u{200F}' => "RLM",
        '\u{061C}' => "ALM",
        '\u{202A}' => "LRE",
        '\u{202B}' => "RLE",
        '\u{202C}' => "PDF",
        '\u{202D}' => "LRO",
        '\u{202E}' => "RLO",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        '\u{00AD}' => "SHY",
        '\u{2060}' => "WJ",
        '\u{FEFF}' => "BOM",
        '\u{2028}' | '\u{2029}' | '\u{0085}' => "¶",
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => "HF",
        '\u{180B}'..='\u{180E}'
        | '\u{034F}'
        | '\u{2061}'..='\u{2065}'
        | '\u{206A}'..='\u{206F}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{FE00}'..='\u{FE0F}' => "INV",
        '\u{E0000}'..='\u{E0FFF}' => "TAG",
        ch if ch.is_control() => "CTRL",
        _ if combining > COMBINING_MAX => "◌",
        _ => return None,
    };
    Some(named)
}

/// Whether a joiner stands between two pictures, as in 👨‍👩‍👧.
fn joins(index: usize, chars: &[char]) -> bool {
    let is_picture = |ch: Option<&char>| {
        ch.is_some_and(
            |ch| matches!(*ch, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{FE0F}'),
        )
    };
    let before = index.checked_sub(1).and_then(|before| chars.get(before));
    is_picture(before) && is_picture(chars.get(index + 1))
}

fn is_combining(ch: char) -> bool {
    use unicode_general_category::{GeneralCategory as G, get_general_category};
    // A variation selector and a joiner are no piling up.
    !matches!(ch, '\u{FE00}'..='\u{FE0F}')
        && matches!(
            get_general_category(ch),
            G::NonspacingMark | G::EnclosingMark
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mark(start: usize, end: usize, severity: u8, hit: usize) -> Mark {
        Mark {
            start,
            end,
            severity,
            guessed: false,
            hit,
        }
    }

    fn shown(pieces: &[Piece]) -> String {
        let run = |run: &Run| match run {
            Run::Text(text) => text.clone(),
            Run::Sign(sign, _) => format!("⟨{sign}⟩"),
        };
        let piece = |piece: &Piece| {
            let text: String = piece.runs.iter().map(run).collect();
            match piece.mark {
                Some(mark) => format!("[{}:{text}]", mark.severity),
                None => text,
            }
        };
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn overlapping_hits_are_cut_where_either_ends() {
        let pieces = pieces("他媽的白痴喔", &[mark(0, 3, 2, 0), mark(2, 5, 3, 1)]);
        assert_eq!(shown(&pieces), "[2:他媽][3:的][3:白痴]喔");
        assert_eq!(pieces[1].hits, "0 1");
    }

    #[test]
    fn positions_count_code_points() {
        assert_eq!(shown(&pieces("👨‍👩‍👧幹a", &[mark(5, 6, 1, 0)])), "👨‍👩‍👧[1:幹]a");
        assert_eq!(
            shown(&pieces("a", &[mark(0, 9, 1, 0), mark(1, 1, 1, 1)])),
            "a"
        );
        assert_eq!(pieces("", &[]), []);
    }

    #[test]
    fn of_equals_the_sure_one_marks() {
        let guess = Mark {
            guessed: true,
            ..mark(0, 1, 2, 0)
        };
        let pieces = pieces("幹", &[guess, mark(0, 1, 2, 1)]);
        assert_eq!(pieces[0].mark.map(|mark| mark.hit), Some(1));
    }

    #[test]
    fn what_nobody_sees_is_shown() {
        assert_eq!(
            shown(&plain("好\u{202E}人\u{200B}\u{200B}\u{200B}")),
            "好⟨RLO⟩人⟨ZWSP×3⟩"
        );
        assert_eq!(shown(&plain("\u{7}\u{FEFF}a\nb")), "⟨CTRL⟩⟨BOM⟩a\nb");
        assert_eq!(shown(&plain("❤\u{FE0F}")), "❤\u{FE0F}");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let zalgo = format!("a{}b", "\u{301}".repeat(50));
        assert_eq!(shown(&plain(&zalgo)), "a\u{301}\u{301}⟨◌×48⟩b");
    }
}
