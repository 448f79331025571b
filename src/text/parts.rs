//! Characters written as their components.

/// The component runs that a character is written as.
pub fn parts_of(ch: char) -> impl Iterator<Item = &'static str> {
    let rows: &'static [(char, &'static str)] = &[('媽', "女馬"), ('婊', "女表")];
    rows.iter().filter(move |(whole, _)| *whole == ch).map(|(_, parts)| *parts)
}
