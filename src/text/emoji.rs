//! Emoji that are read as a character.

/// The characters that an emoji is read as, the usual one first.
pub fn readings_of(ch: char) -> impl DoubleEndedIterator<Item = char> + Clone {
    let rows: &'static [(char, &'static str)] = &[('🐔', "雞機"), ('🐓', "雞")];
    let row = rows.iter().find(|(emoji, _)| *emoji == ch);
    row.map_or("", |(_, read)| *read).chars()
}
