//! Characters of the words around an id of the messenger LINE: the scanner and the gate before it share them.

/// The most signs between the messenger's name and the id.
pub(super) const FILLER_SIGNS_MAX: usize = 12;

/// Characters that sound like 賴, the common nickname of LINE, and are written in its place.
pub(super) const fn sounds_like_name(ch: char) -> bool {
    matches!(ch, '瀨' | '籟' | '癩' | '萊')
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
