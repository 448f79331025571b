//! A board with slang of its own, simulated: how well the queue is ordered after 0, 200, 1,000 and 10,000 rulings, against an
//! order by the severity of listed terms; and how far scores are from what moderators would rule, in the worst of ten bins.
//!
//! `cargo test --test learning -- --nocapture` prints the curve.
#![allow(clippy::unwrap_used)]

use banzhu::{
    lexicon::{Lexicon, Scratch},
    record::{LossPair, Priority, ReasonCode, Score},
    review::kept_back,
    score::{
        BoardRow, FlagAt, Label, NamedSet, ScoreScratch, ShippedRows, TrainingRow, Weights,
        learn_board, training_rows,
    },
    sources,
    text::Surface,
};

const NEVER: FlagAt = FlagAt::all(u16::MAX);
/// Words that no list holds and that mean nothing elsewhere.
const SLANG: [&str; 12] = [
    "咕咚仔",
    "麻糬腦",
    "鳳梨皮",
    "塑膠魂",
    "三番兩",
    "霧燈族",
    "拉環粉",
    "鹽酥派",
    "海帶兵",
    "紙箱幫",
    "波浪咖",
    "芭樂骨",
];
/// Everyday words that this board also uses of people.
const SENSES: [&str; 6] = ["電風扇", "影印機", "滷蛋", "水豚", "路由器", "便當盒"];
/// Insults of everywhere.
const LISTED: [&str; 6] = ["白痴", "智障", "廢物", "腦殘", "低能兒", "王八蛋"];
const PEOPLE: [&str; 8] = [
    "樓上",
    "那位記者",
    "這個版",
    "隔壁棚",
    "新來的",
    "某議員",
    "里長",
    "教練",
];
const THINGS: [&str; 12] = [
    "捷運",
    "早餐店",
    "颱風假",
    "房價",
    "演唱會",
    "夜市",
    "停車位",
    "健保卡",
    "高鐵票",
    "補習班",
    "球賽",
    "路樹",
];
const REMARKS: [&str; 10] = [
    "真的很方便",
    "最近又漲價了",
    "排了好久",
    "希望早點改善",
    "我覺得還可以",
    "昨天去看過",
    "聽說要改了",
    "以前比較好",
    "有人知道嗎",
    "感謝分享",
];
/// Abuse as this board writes it: `{}` is the word, `@` somebody.
const ABUSIVE: [&str; 8] = [
    "@果然是{}",
    "又一隻{}",
    "{}就這點程度",
    "@跟{}差不多",
    "{}今天也上班了",
    "一看就知道是{}",
    "懶得理{}",
    "@：標準{}",
];
/// The same words of the things they are.
const OF_THINGS: [&str; 5] = [
    "{}壞了要去修",
    "這家的{}不錯",
    "想買一個{}",
    "家裡的{}用了十年",
    "{}哪裡便宜",
];

/// xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % count
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A comment that somebody reported, and what it is: three in ten are abuse.
    fn comment(&mut self) -> (String, Label) {
        let remark = format!("{}{}", self.one(&THINGS), self.one(&REMARKS));
        let (said, label) = match self.below(100) {
            0..=17 => (self.abuse(&SLANG), Label::Abuse),
            18..=24 => (self.abuse(&SENSES), Label::Abuse),
            25..=29 => (self.abuse(&LISTED), Label::Abuse),
            30..=41 => (
                self.one(&OF_THINGS).replace("{}", self.one(&SENSES)),
                Label::Harmless,
            ),
            42..=44 => (
                format!("新聞說他罵人{}", self.one(&LISTED)),
                Label::Harmless,
            ),
            _ => (
                format!("{}{}", self.one(&THINGS), self.one(&REMARKS)),
                Label::Harmless,
            ),
        };
        match self.below(3) {
            0 => (said, label),
            1 => (format!("{remark}，{said}"), label),
            _ => (format!("{said}。{remark}"), label),
        }
    }

    fn abuse(&mut self, words: &[&str]) -> String {
        let frame = self.one(&ABUSIVE);
        frame
            .replace('@', self.one(&PEOPLE))
            .replace("{}", self.one(words))
    }
}

struct Reader<'l> {
    lexicon: &'l Lexicon,
    scratch: Scratch,
    score: ScoreScratch,
}

/// A comment in the queue.
struct Queued {
    text: String,
    named: NamedSet,
    severity: u8,
    is_abuse: bool,
}

impl Reader<'_> {
    fn queued(&mut self, (text, label): (String, Label)) -> Queued {
        let hits = self.lexicon.scan(Surface::Body, &text, &mut self.scratch);
        Queued {
            named: NamedSet::of(Surface::Body, &text, hits, self.lexicon),
            severity: hits.iter().map(|hit| hit.severity).max().unwrap_or(0),
            is_abuse: label.is_positive(),
            text,
        }
    }

    /// A ruling: of a hundred, five are wrong.
    fn ruled(&mut self, nth: u128, comment: (String, Label), dice: &mut Dice) -> BoardRow {
        let is_wrong = dice.below(100) < 5;
        let queued = self.queued(comment);
        let label = match queued.is_abuse != is_wrong {
            true => Label::Abuse,
            false => Label::Harmless,
        };
        let row = TrainingRow::new(&queued.text, &queued.named, label, &mut self.score);
        BoardRow { id: nth, row }
    }

    fn by_score(&mut self, weights: &Weights, queue: &[Queued]) -> f64 {
        let numbers: Vec<u32> = queue
            .iter()
            .map(|one| {
                let scored = weights.score(&one.text, &one.named, NEVER, &mut self.score);
                let floor = match one.severity {
                    4 => 900,
                    3 => 600,
                    _ => 0,
                };
                let score = Score::from_permille(scored.permille.max(floor));
                Priority::of(ReasonCode::Insult, 0, score).number()
            })
            .collect();
        average_precision(queue, &numbers)
    }
}

/// The mean of the precision at each abusive comment of the queue, the highest number first.
fn average_precision(queue: &[Queued], numbers: &[u32]) -> f64 {
    let mut ranked: Vec<_> = queue.iter().zip(numbers).collect();
    // what has the same number stays by age
    ranked.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    let (mut abusive, mut sum) = (0.0, 0.0);
    for (nth, (queued, _)) in (1_u32..).zip(&ranked) {
        if queued.is_abuse {
            abusive += 1.0;
            sum += abusive / f64::from(nth);
        }
    }
    sum / abusive
}

/// Rulings that no fit has seen, by which calibration is measured.
const FRESH: usize = 5_000;
/// A bin counts if it holds one in fifty of them: with fewer than a hundred it says nothing to a twentieth.
const IN_A_BIN_MIN: f64 = 100.0;

/// The largest difference between what scores say and what was ruled, in ten bins of these rulings.
fn calibration_error(weights: &Weights, rulings: &[BoardRow]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for ruling in rulings {
        let share = ruling.row.probability(weights);
        let bin = &mut bins[((share * 10.0) as usize).min(9)];
        bin.0 += 1.0;
        bin.1 += share;
        bin.2 += f64::from(u8::from(ruling.row.label().is_positive()));
    }
    let bins = bins.iter().filter(|bin| bin.0 >= IN_A_BIN_MIN);
    bins.map(|(count, said, found)| f64::abs(said - found) / count)
        .fold(0.0, f64::max)
}

#[test]
fn the_queue_learns_the_slang_of_its_board() {
    let lexicon = Lexicon::compile(&sources::shipped().lists).unwrap().0;
    let shipped = Weights::parse(sources::shipped_model()).unwrap();
    let examples = sources::examples_of(&sources::shipped_examples()).unwrap();
    let some: Vec<_> = examples.into_iter().step_by(3).collect();
    let examples = training_rows(&some, &lexicon);
    let mut reader = Reader {
        lexicon: &lexicon,
        scratch: Scratch::default(),
        score: ScoreScratch::default(),
    };
    println!("seed  severity  0 rulings    200  1,000 10,000  calibration error after as many");
    let mut after_all = Vec::new();
    for seed in 1..=10_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let queue: Vec<Queued> = (0..1_000).map(|_| reader.queued(dice.comment())).collect();
        let severities: Vec<u32> = queue.iter().map(|one| u32::from(one.severity)).collect();
        let by_severity = average_precision(&queue, &severities);
        let rulings: Vec<BoardRow> = (0..10_000)
            .map(|nth| {
                let comment = dice.comment();
                reader.ruled(nth, comment, &mut dice)
            })
            .collect();
        let fresh: Vec<BoardRow> = (0..FRESH as u128)
            .map(|nth| {
                let comment = dice.comment();
                reader.ruled(nth, comment, &mut dice)
            })
            .collect();
        let mut in_force = shipped.clone();
        let mut errors = vec![calibration_error(&in_force, &fresh)];
        let mut curve = vec![reader.by_score(&in_force, &queue)];
        for count in [200, 1_000, 10_000] {
            let examples = ShippedRows::of(examples.len(), count, |nth| examples.get(nth).cloned());
            let fit = learn_board(&shipped, &in_force, rulings[..count].to_vec(), &examples);
            // as the service takes it
            let [board, of_examples] =
                [fit.board, fit.shipped].map(|loss| LossPair::of(loss.before, loss.after));
            if kept_back(board, of_examples, fit.is_one_sided).is_none() {
                in_force = fit.weights;
            }
            curve.push(reader.by_score(&in_force, &queue));
            errors.push(calibration_error(&in_force, &fresh));
        }
        let shown = |of: &[f64]| {
            let shown = of.iter().map(|one| format!("{one:.3}"));
            shown.collect::<Vec<_>>().join("  ")
        };
        println!(
            "{seed:>4}  {by_severity:.3}     {}  {}",
            shown(&curve),
            shown(&errors)
        );
        after_all.push(errors[3]);
        assert!(errors[3] < errors[0], "seed {seed}: {errors:?}");
        assert!(errors[3] <= 0.1, "seed {seed}: {errors:?}");
        assert!(
            curve.iter().all(|one| *one >= by_severity),
            "seed {seed}: {by_severity} {curve:?}"
        );
        assert!(curve[2] >= curve[0] + 0.15, "seed {seed}: {curve:?}");
        assert!(curve[3] >= curve[2] - 0.01, "seed {seed}: {curve:?}");
    }
    let mean = after_all.iter().sum::<f64>() / after_all.len() as f64;
    println!("calibration error after 10,000 rulings, mean of all seeds: {mean:.3}");
    assert!(mean <= 0.05, "{after_all:?}");
    let off = after_all.iter().filter(|error| **error > 0.05);
    assert!(off.count() <= 2, "{after_all:?}");
}
