//! Digits of every script: their values, and how far apart the digits of one number may be.

/// Fewer digits of any script than this, and no letter, are neither a number nor an id.
pub const NUMERALS_MIN: u32 = 5;

/// The most code points between two signs of one number, invisible ones included.
pub(super) const GAP_CHARS_MAX: u32 = 5;

/// The value of a digit and its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digit {
    pub value: u8,
    pub script: Script,
}

/// The script of a digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Arabic,
    Chinese,
    /// A letter that looks like one.
    Letter,
}

/// Whether a folded character is a digit, in whatever script or circle.
pub fn is_digit(ch: char) -> bool {
    digit_of(ch).is_some()
}

/// A folded character as a digit, and the plain character that replaces it from here on: ❸ is 3, and 三 stays as it is.
pub(super) fn digit_of(ch: char) -> Option<(Digit, char)> {
    let arabic = |value: u32, plain: char| {
        let digit = Digit {
            value: value as u8,
            script: Script::Arabic,
        };
        Some((digit, plain))
    };
    let plain = |value: u32| char::from_digit(value, 10).and_then(|plain| arabic(value, plain));
    match ch {
        '0'..='9' => arabic(ch as u32 - '0' as u32, ch),
        // circled digits that have no compatibility form in Unicode
        '❶'..='❾' => plain(ch as u32 - '❶' as u32 + 1),
        '➀'..='➈' => plain(ch as u32 - '➀' as u32 + 1),
        '➊'..='➒' => plain(ch as u32 - '➊' as u32 + 1),
        '⓵'..='⓽' => plain(ch as u32 - '⓵' as u32 + 1),
        '⓿' | '🄋' | '🄌' => plain(0),
        '\u{660}'..='\u{669}' => plain(ch as u32 - 0x660),
        '\u{6f0}'..='\u{6f9}' => plain(ch as u32 - 0x6f0),
        '\u{966}'..='\u{96f}' => plain(ch as u32 - 0x966),
        '\u{e50}'..='\u{e59}' => plain(ch as u32 - 0xe50),
        _ => chinese(ch).map(|value| {
            let digit = Digit {
                value,
                script: Script::Chinese,
            };
            (digit, ch)
        }),
    }
}

/// Chinese digits in their folded form, the formal ones (壹貳參) too.
const fn chinese(ch: char) -> Option<u8> {
    Some(match ch {
        '零' | '〇' | '○' => 0,
        '一' | '壹' | '弌' => 1,
        '二' | '貳' => 2,
        '三' | '參' | '叁' | '叄' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}
