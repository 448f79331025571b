//! Digits of every script: what each is worth, and how far apart the digits of one number may stand.

/// Fewer digits of any script than these, without a letter, are neither a number nor an id.
pub const NUMERALS_MIN: u32 = 5;

/// The most code points between two signs that still belong together, invisible ones included.
pub(super) const GAP_CHARS_MAX: u32 = 5;

/// A digit's worth and script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digit {
    pub value: u8,
    pub script: Script,
}

/// How a digit is written.
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

/// A folded character's worth as a digit, and the character that it is from here on.
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
        // what Unicode circles without a compatibility form
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

/// Chinese digits, folded: the formal ones among them where the fold leaves them.
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
