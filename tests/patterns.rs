//! What holds for patterns in every text.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use banzhu::text::pattern::{PatternHit, PatternKind, PatternScratch, find, may_hold};
use proptest::prelude::*;

fn found(text: &str) -> Vec<PatternHit> {
    let mut hits = Vec::new();
    find(text, &mut PatternScratch::default(), |hit| hits.push(hit));
    hits
}

/// Pieces that patterns are made of, and what may stand between them.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "0",
        "9",
        "1",
        "2",
        "4",
        "8",
        "886",
        "09",
        "12",
        "345",
        "678",
        "4111",
        "A",
        "a",
        "l",
        "O",
        "I",
        "①",
        "➀",
        "❷",
        "０",
        "零",
        "九",
        "壹",
        "叁",
        "○",
        "-",
        " ",
        ".",
        "。",
        "·",
        "/",
        ":",
        "//",
        "(",
        ")",
        "@",
        "＠",
        "+",
        "\n",
        "\u{200b}",
        "\u{fe0f}\u{20e3}",
        "\u{301}",
        "🙂",
        "\u{3000}",
        "http",
        "https://",
        "www.",
        "udn",
        "com",
        "tw",
        "ly",
        "bit",
        "gmail",
        "點",
        "(dot)",
        " dot ",
        "(at)",
        " at ",
        "小老鼠",
        "加",
        "賴",
        "瀨",
        "line",
        "l1ne",
        "L",
        "N",
        "n",
        "e",
        "E",
        "!",
        "ｅ",
        "id",
        "官方",
        "abc",
        "x_1",
        "我",
        "，",
        "：",
        "㈱",
        "⑩",
        "½",
        "…",
        "ﷺ",
        "k\u{308}",
        "𝟘",
        "ｌ",
        "é",
        "ー",
    ];
    let piece = prop::sample::select(pieces.to_vec()).prop_map(String::from);
    prop::collection::vec(piece, 0..28).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let hits = found(text);
    for hit in &hits {
        let borders = [hit.bytes.start, hit.bytes.end, hit.host.start, hit.host.end];
        prop_assert!(borders.iter().all(|byte| text.is_char_boundary(*byte)));
        prop_assert!(hit.bytes.start < hit.bytes.end && hit.bytes.end <= text.len());
        let inside = hit.bytes.start <= hit.host.start && hit.host.end <= hit.bytes.end;
        prop_assert!(hit.host.is_empty() || inside);
    }
    prop_assert!(hits.is_sorted_by_key(|hit| hit.bytes.start));
    prop_assert!(
        hits.is_empty() || may_hold(text),
        "turned away: {:?} {:?}",
        text,
        hits
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn spans_fall_on_characters_and_the_gate_turns_nothing_away(text in pieces()) {
        check(&text)?;
    }

    #[test]
    fn any_text_is_read(text in ".{0,60}") {
        check(&text)?;
    }

    #[test]
    fn any_mobile_is_found_between_chinese_words(number in 0_u32..100_000_000, shape in 0_usize..4) {
        let digits = format!("09{number:08}");
        let written = match shape {
            0 => digits,
            1 => format!("{}-{}", &digits[..4], &digits[4..]),
            2 => format!("{} {} {}", &digits[..4], &digits[4..7], &digits[7..]),
            _ => digits.chars().map(|digit| char::from_u32(digit as u32 + 0xfee0).unwrap()).collect(),
        };
        let text = format!("他的電話{written}可以打");
        let hits = found(&text);
        prop_assert_eq!(hits.len(), 1);
        prop_assert_eq!(hits[0].kind, PatternKind::Mobile);
        prop_assert_eq!(&text[hits[0].bytes.clone()], written);
    }

    #[test]
    fn longer_and_shorter_numbers_are_no_mobiles(number in 0_u64..1_000_000_000) {
        let longer = format!("他的電話09{number:09}可以打");
        prop_assert!(found(&longer).iter().all(|hit| hit.kind != PatternKind::Mobile));
        let shorter = format!("他的電話09{:07}可以打", number % 10_000_000);
        prop_assert!(found(&shorter).iter().all(|hit| hit.kind != PatternKind::Mobile));
    }
}

#[test]
fn work_space_is_reused() {
    let mut scratch = PatternScratch::default();
    let texts = [
        "打 0912345678",
        "早安",
        "見 https://udn.com/a",
        "A123456789",
        "",
    ];
    for text in texts.iter().chain(texts.iter().rev()) {
        let mut hits = Vec::new();
        find(text, &mut scratch, |hit| hits.push(hit));
        assert_eq!(hits, found(text));
    }
}

/// What the scanners look ahead farthest in.
const WORST: [&str; 18] = [
    "0", "0 ", "09-", "0-9 ", "a.", "a.b/", "a1", "l ", "A1 ", "@a", "a@a.", "http://", "(at)a",
    "加賴 ", "line id ", "a-", "a dot ", "一",
];

fn least(text: &str) -> Duration {
    let mut scratch = PatternScratch::default();
    let time = |_| {
        let start = Instant::now();
        find(text, &mut scratch, |_| {});
        start.elapsed()
    };
    (0..5).map(time).min().unwrap()
}

#[test]
fn time_grows_with_the_text_and_no_faster() {
    for piece in WORST {
        let short = piece.repeat(1_000 / piece.len());
        let long = short.repeat(32);
        let (short, long) = (least(&short), least(&long));
        // thirty-two times as long; quadratic would be a thousand times
        assert!(long < short * 320, "{piece:?}: {short:?}, {long:?}");
    }
}

/// What Google's plan of Taiwanese numbers says, and what is found here. Mobiles are the same in every shape that people write.
/// Landlines are not: the plan allows lengths that the 國家通訊傳播委員會 gives to no area, and knows which numbers nobody has.
#[test]
fn phone_numbers_agree_with_the_published_plan() {
    use phonenumber::{Mode, Type, country::Id::TW};
    let (mut mobiles, mut landlines, mut unassigned) = (0, 0, 0);
    for step in 0..20_000_u64 {
        // Digits spread over the whole plan; the multiplier has no factor in common with the modulus.
        let digits = format!("0{:09}", step * 48_271_007 % 1_000_000_000);
        let digits = &digits[..if step % 2 == 0 { 10 } else { 9 }];
        let number = phonenumber::parse(Some(TW), digits).ok();
        let number = number.filter(phonenumber::PhoneNumber::is_valid);
        let published = number
            .as_ref()
            .map(|number| number.number_type(&phonenumber::metadata::DATABASE));
        let kinds = |text: String| -> Vec<PatternKind> {
            found(&text).iter().map(|hit| hit.kind).collect()
        };
        if let (Some(number), Some(Type::Mobile)) = (&number, published) {
            if digits.starts_with("09") {
                for mode in [Mode::National, Mode::International] {
                    let text = format!("請打 {} 找他", number.format().mode(mode));
                    assert_eq!(kinds(text.clone()), [PatternKind::Mobile], "{text}");
                }
                mobiles += 1;
            }
            continue;
        }
        let text = format!("請打 {}-{} 找他", &digits[..2], &digits[2..]);
        if kinds(text.clone()) == [PatternKind::Landline] {
            landlines += 1;
            unassigned += usize::from(published != Some(Type::FixedLine));
        }
    }
    println!("{mobiles} mobiles; {landlines} landlines, {unassigned} of them given to nobody");
    assert!(mobiles > 100 && landlines > 100);
    assert!(
        unassigned * 5 < landlines,
        "shapes that hardly any area has"
    );
}
