//! Which characters of a term carry it. 幹你娘 is carried by 幹 and 娘: where they stand, it can be told what is meant; a
//! text that has only its 你 has nothing of it.

/// Pronouns, particles, copulas, demonstratives, suffixes and what is put before a name (own knowledge), folded: they stand in every other
/// sentence, so a guess that has nothing but them right has nothing.
const FUNCTION: &str = "你您我他她它牠們恁咱俺的地得了吧啊喔噢哦嗎呢啦耶欸呀嘛咧囉著過給把被跟和與也都就很不沒\
                        是在有這那哪個些種人家仔子兒頭者死黨一上下來到再還要會大小老";

/// The positions of a term that carry it, a bit for each. 死 is none of them: by itself it means "very".
///
/// ```text
/// 幹你娘 -> 101 (幹娘)    王八蛋 -> 111    去死 -> 01 (去)    死全家 -> 010 (全)
/// ```
pub(super) fn content_bits(chars: &[char]) -> u16 {
    let places = (0..u16::BITS).zip(chars);
    places
        .filter(|(_, ch)| !FUNCTION.contains(**ch))
        .fold(0, |bits, (nth, _)| bits | 1 << nth)
}

/// Whether enough of what carries a term stands there as itself: half of it, rounded up, and one character at least.
pub(super) const fn is_half_there(content: u16, exact: u16) -> bool {
    let there = (content & exact).count_ones();
    there > 0 && there * 2 >= content.count_ones()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(term: &str) -> String {
        let chars: Vec<char> = term.chars().collect();
        let bits = content_bits(&chars);
        let told = (0..).zip(&chars).filter(|(nth, _)| bits & (1 << nth) != 0);
        told.map(|(_, ch)| *ch).collect()
    }

    #[test]
    fn pronouns_and_particles_carry_nothing() {
        for (term, wanted) in [
            ("幹你娘", "幹娘"),
            ("王八蛋", "王八蛋"),
            ("去死", "去"),
            ("死全家", "全"),
            ("笑死人", "笑"),
            ("你的", ""),
            ("他媽的", "媽"),
        ] {
            assert_eq!(carried(term), wanted);
        }
    }

    #[test]
    fn half_of_what_carries_has_to_be_there() {
        assert!(is_half_there(0b101, 0b001) && is_half_there(0b101, 0b110));
        assert!(!is_half_there(0b101, 0b010) && !is_half_there(0b111, 0b001));
        assert!(!is_half_there(0, u16::MAX));
    }
}
