//! Characters of the words around an id of the messenger LINE: the scanner and the gate before it share them.

/// The most signs between the messenger's name and the id.
pub(super) const FILLER_SIGNS_MAX: usize = 12;

/// Characters that sound like 賴, the common nickname of LINE, and are written in its place.
pub(super) const fn sounds_like_name(ch: char) -> bool {
    matches!(ch, '瀨' | '籟' | '癩' | '萊')
}

/// Messengers whose ids are looked for where they are the whole text, as in a nickname (wx:abc8899, 電報@abc888); folded,
/// and none the beginning of one behind it.
const MESSENGERS: [&str; 15] = [
    "賴",
    "line",
    "wechat",
    "wx",
    "微信",
    "威信",
    "v信",
    "telegram",
    "tg",
    "電報",
    "紙飛機",
    "instagram",
    "ig",
    "whatsapp",
    "skype",
];

/// No name of a messenger is longer.
pub(super) const MESSENGER_CHARS_MAX: usize = 9;

/// The number of characters of a messenger's name that these folded ones begin with.
pub(super) fn messenger_len(chars: impl Iterator<Item = char> + Clone) -> Option<usize> {
    let begins = |name: &&&str| {
        let len = name.chars().count();
        name.chars().eq(chars.clone().take(len))
    };
    let name = MESSENGERS.iter().find(begins)?;
    Some(name.chars().count())
}

/// Characters of the words between a name and an id: 官方帳號, 請搜尋, 是.
pub(super) const fn is_filler(ch: char) -> bool {
    matches!(
        ch,
        '官' | '方'
            | '帳'
            | '號'
            | '是'
            | '為'
            | '搜'
            | '尋'
            | '加'
            | '入'
            | '請'
            | '我'
            | '的'
            | '好'
            | '友'
            | '專'
            | '客'
            | '服'
            | '小'
            | '編'
    )
}
