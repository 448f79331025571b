//! Lines: one record each, between a line that opens and a line that counts and proves them all.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read as _, Write},
};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    json::{Json, ShapeFault},
    records::{
        AuditLine, CommentLine, FileLine, ReportLine, RevisionLine, SampleLine, StateLine,
        TaggedLine,
    },
};
use crate::{
    record::{
        Appeal, Article, Case, Delivery, Erasure, Event, FanOutProgress, Form, Key, MemberRecord,
        ModelPart, ModelRecord, ModelState, Note, RejudgeJob, Reply, ReporterRecord, Ruling,
        Session, StoredAnswer, SubjectRecord, TallyRow, Token, User, Webhook, WordStep,
    },
    store::CopyFailure,
};

/// The version of the format that is written. Older ones are read: see `UPGRADES`.
pub const FORMAT: u32 = 3;

/// How a record of version n becomes one of version n + 1. Version 2 only adds what is left out where the audit's first scheme
/// covers a record; version 3 has the records of written forms and learned models, and the forms that a ruling counted.
const UPGRADES: [Upgrade; FORMAT as usize - 1] = [|_, _| {}, with_counted_forms];

/// Changes the fields of a record of this kind to what the next version calls them.
type Upgrade = fn(&str, &mut Map<String, Value>);

fn with_counted_forms(kind: &str, fields: &mut Map<String, Value>) {
    if kind == "ruling" {
        fields.insert("forms".to_owned(), json!([]));
    }
}

/// The kinds of the first line and of the last.
const OPENING: &str = "export";
const END: &str = "end";
/// The longest line, in bytes; a record is far shorter.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// How many faults are reported at most.
const FAULTS_MAX: usize = 100;

/// `"kind" => Variant(Type)`: every kind of record there is.
macro_rules! kinds {
    ($($name:literal => $kind:ident($type:ty)),* $(,)?) => {
        /// A record on its way out or in.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "named as their kinds, which the room describes")]
        #[expect(clippy::large_enum_variant, reason = "one lives at a time")]
        pub enum Exported {
            $($kind($type),)*
        }

        impl Exported {
            /// The kind, as it stands in the line.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                }
            }

            fn to_json(&self) -> Value {
                match self {
                    $(Self::$kind(record) => record.to_json(),)*
                }
            }

            fn from_json(kind: &str, value: Value) -> Result<Self, ShapeFault> {
                match kind {
                    $($name => Json::from_json(value).map(Self::$kind),)*
                    _ => Err(ShapeFault::new(format!("{kind} is no known kind of record"))),
                }
            }
        }
    };
}

kinds! {
    "state" => State(StateLine),
    "comment" => Comment(CommentLine),
    "revision" => Revision(RevisionLine),
    "article" => Article(Article),
    "case" => Case(Case),
    "subject" => Subject(SubjectRecord),
    "ruling" => Ruling(Ruling),
    "audit_entry" => AuditEntry(AuditLine),
    "idempotent_answer" => Answer(StoredAnswer),
    "user" => User(User),
    "api_key" => Key(Key),
    "token" => Token(Token),
    "session" => Session(Session),
    "member" => Member(MemberRecord),
    "report" => Report(ReportLine),
    "reporter" => Reporter(ReporterRecord),
    "appeal" => Appeal(Appeal),
    "note" => Note(Note),
    "event" => Event(Event),
    "fan_out" => FanOut(FanOutProgress),
    "sample" => Sample(SampleLine),
    "tagged_comment" => Tagged(TaggedLine),
    "daily_count" => DailyCount(TallyRow),
    "webhook" => Webhook(Webhook),
    "webhook_delivery" => Delivery(Delivery),
    "erasure" => Erasure(Erasure),
    "reply" => Reply(Reply),
    "rejudge_job" => RejudgeJob(RejudgeJob),
    "form" => Form(Form),
    "model" => Model(ModelRecord),
    "model_in_force" => ModelState(ModelState),
    "model_part" => ModelPart(ModelPart),
    "word_step" => WordStep(WordStep),
    "kept_file" => File(FileLine),
}

/// How many records there are of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// By kind.
    pub counts: BTreeMap<String, u64>,
}

impl Totals {
    /// All records.
    pub fn records(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// Writes lines.
pub struct LineWriter<W> {
    to: W,
    hash: Sha256,
    totals: Totals,
}

impl<W: Write> LineWriter<W> {
    /// Writes the first line.
    pub fn begin(to: W) -> io::Result<Self> {
        let mut lines = Self {
            to,
            hash: Sha256::new(),
            totals: Totals::default(),
        };
        let program = concat!("banzhu ", env!("CARGO_PKG_VERSION"));
        lines.line(OPENING, &json!({ "program": program }))?;
        Ok(lines)
    }

    /// Writes a record.
    pub fn write(&mut self, record: &Exported) -> io::Result<()> {
        let kind = record.kind();
        *self.totals.counts.entry(kind.to_owned()).or_default() += 1;
        self.line(kind, &record.to_json())
    }

    /// Writes the last line.
    pub fn end(mut self) -> io::Result<Totals> {
        let hash = data_encoding::HEXLOWER.encode(&self.hash.clone().finalize());
        let (records, counts) = (self.totals.records(), &self.totals.counts);
        let end = json!({"records": records, "counts": counts, "sha256": hash});
        self.line(END, &end)?;
        self.to.flush()?;
        Ok(self.totals)
    }

    /// Version and kind stand first, so that a person sees at once what a line is.
    fn line(&mut self, kind: &str, record: &Value) -> io::Result<()> {
        let record = serde_json::to_string(record)?;
        let fields = record.strip_prefix('{').unwrap_or(&record);
        let line = format!("{{\"v\":{FORMAT},\"kind\":\"{kind}\",{fields}\n");
        self.hash.update(&line);
        self.to.write_all(line.as_bytes())
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLineFault {
    /// Counted from 1.
    pub line: u64,
    /// What.
    pub what: String,
}

/// Why a record is not taken.
#[derive(Debug)]
pub enum RecordRefusal {
    /// The line is at fault; the other lines are still checked.
    Fault(String),
    /// Nothing can be taken any more.
    Stop(CopyFailure),
}

/// Why lines were not read.
#[derive(Debug)]
pub enum ReadError {
    /// Lines are at fault.
    Faults(Vec<ImportLineFault>),
    /// They cannot be read, or not be taken.
    Stop(CopyFailure),
}

/// Reads all lines and hands over each record. All faults are found, and the first hundred reported.
pub fn read_lines(
    from: &mut dyn BufRead,
    each: &mut dyn FnMut(Exported) -> Result<(), RecordRefusal>,
) -> Result<Totals, ReadError> {
    let mut reading = LineReader {
        hash: Sha256::new(),
        totals: Totals::default(),
        line: 0,
        has_ended: false,
        faults: Vec::new(),
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = (&mut *from).take(LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut line).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        reading.line += 1;
        match reading.take(&line, each) {
            Ok(()) => {}
            Err(RecordRefusal::Fault(what)) => reading.fault(what),
            Err(RecordRefusal::Stop(error)) => return Err(ReadError::Stop(error)),
        }
        reading.hash.update(&line);
        if reading.faults.len() >= FAULTS_MAX {
            break;
        }
    }
    if !reading.has_ended && reading.faults.len() < FAULTS_MAX {
        reading.fault("the last line is missing: the file is cut".to_owned());
    }
    if reading.faults.is_empty() {
        Ok(reading.totals)
    } else {
        Err(ReadError::Faults(reading.faults))
    }
}

fn unreadable(error: io::Error) -> ReadError {
    ReadError::Stop(CopyFailure::Io {
        path: "import".to_owned(),
        error: error.to_string(),
    })
}

struct LineReader {
    hash: Sha256,
    totals: Totals,
    line: u64,
    has_ended: bool,
    faults: Vec<ImportLineFault>,
}

impl LineReader {
    fn fault(&mut self, what: String) {
        let line = self.line;
        self.faults.push(ImportLineFault { line, what });
    }

    fn take(
        &mut self,
        line: &[u8],
        each: &mut dyn FnMut(Exported) -> Result<(), RecordRefusal>,
    ) -> Result<(), RecordRefusal> {
        if line.last() != Some(&b'\n') {
            return Err(RecordRefusal::Fault(
                "the line is cut, or too long".to_owned(),
            ));
        }
        let (kind, fields) = parsed(line, &UPGRADES).map_err(RecordRefusal::Fault)?;
        let is_first = self.line == 1;
        match kind.as_str() {
            _ if self.has_ended => Err(RecordRefusal::Fault(
                "stands after the last line".to_owned(),
            )),
            OPENING if is_first => Ok(()),
            _ if is_first => Err(RecordRefusal::Fault(
                "the first line of an export is of the kind export".to_owned(),
            )),
            END => self.end(fields).map_err(RecordRefusal::Fault),
            _ => {
                let record =
                    Exported::from_json(&kind, Value::Object(fields)).map_err(|fault| {
                        RecordRefusal::Fault(format!("{kind} {}: {}", fault.pointer, fault.what))
                    })?;
                *self.totals.counts.entry(kind).or_default() += 1;
                each(record)
            }
        }
    }

    /// What the last line says of all before it.
    fn end(&mut self, fields: Map<String, Value>) -> Result<(), String> {
        self.has_ended = true;
        let hash = data_encoding::HEXLOWER.encode(&self.hash.clone().finalize());
        if fields.get("sha256") != Some(&Value::from(hash)) {
            return Err(
                "the lines are not those that were exported: their SHA-256 is another".to_owned(),
            );
        }
        // Lines at fault were not counted.
        let counted = json!(self.totals.counts);
        if self.faults.is_empty() && fields.get("counts") != Some(&counted) {
            return Err(format!(
                "{counted} were read, and the last line counts others"
            ));
        }
        Ok(())
    }
}

/// The kind of a line and the fields of its record, brought up to the newest version.
fn parsed(line: &[u8], upgrades: &[Upgrade]) -> Result<(String, Map<String, Value>), String> {
    let value: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let Value::Object(mut fields) = value else {
        return Err("is not a JSON object".to_owned());
    };
    let newest = upgrades.len() + 1;
    let version = fields.remove("v").and_then(|version| version.as_u64());
    let version = version.and_then(|version| usize::try_from(version).ok());
    let version = version
        .filter(|version| *version > 0)
        .ok_or("has no version (v)")?;
    if version > newest {
        return Err(format!(
            "is of version {version}; this program reads up to version {newest}"
        ));
    }
    let Some(Value::String(kind)) = fields.remove("kind") else {
        return Err("has no kind".to_owned());
    };
    for upgrade in &upgrades[version - 1..] {
        upgrade(&kind, &mut fields);
    }
    Ok((kind, fields))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::{id::NoteId, time::Timestamp};

    fn note(text: &str) -> Exported {
        Exported::Note(Note {
            id: NoteId(ulid::Ulid(7)),
            case: crate::id::CaseId(ulid::Ulid(8)),
            by: crate::record::Actor::Operator,
            at: Timestamp::from_ms(1),
            text: text.to_owned(),
        })
    }

    fn written(records: &[Exported]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut lines = LineWriter::begin(&mut bytes).unwrap();
        records
            .iter()
            .for_each(|record| lines.write(record).unwrap());
        lines.end().unwrap();
        bytes
    }

    fn read(mut bytes: &[u8]) -> Result<Vec<Exported>, Vec<ImportLineFault>> {
        let mut records = Vec::new();
        let done = read_lines(&mut bytes, &mut |record| {
            records.push(record);
            Ok(())
        });
        match done {
            Ok(_) => Ok(records),
            Err(ReadError::Faults(faults)) => Err(faults),
            Err(ReadError::Stop(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let records = [note("第一"), note("second\nline")];
        let bytes = written(&records);
        assert!(bytes.starts_with(b"{\"v\":3,\"kind\":\"export\",\"program\":"));
        assert_eq!(read(&bytes), Ok(records.to_vec()));
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = String::from_utf8(written(&[note("a"), note("b"), note("c")])).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let check = |lines: &[&str], places: &[u64]| {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let faults = read(text.as_bytes()).unwrap_err();
            let found: Vec<u64> = faults.iter().map(|fault| fault.line).collect();
            assert_eq!(found, places, "{faults:?}");
        };
        check(&lines[..4], &[4]); // no last line
        check(&lines[1..], &[1, 4]); // no first line; another hash
        check(&[lines[0], "{}", "[]", "nonsense", lines[4]], &[2, 3, 4, 5]);
        check(&[lines[0], lines[1], lines[3], lines[4]], &[4]); // one is missing
        check(&[lines[0], lines[2], lines[1], lines[3], lines[4]], &[5]); // another order
        let newer = lines[1].replace("\"v\":3", "\"v\":4");
        check(&[lines[0], &newer, lines[4]], &[2, 3]);
        let other = lines[1].replace("\"kind\":\"note\"", "\"kind\":\"letter\"");
        check(&[lines[0], &other, lines[4]], &[2, 3]);
        let more: Vec<&str> = lines.iter().copied().chain([lines[1]]).collect();
        check(&more, &[6]);
        let cut = &text.as_bytes()[..text.len() - 1];
        assert_eq!(read(cut).unwrap_err().len(), 2);
    }

    #[test]
    fn older_versions_are_brought_up_to_date() {
        fn renamed(kind: &str, fields: &mut Map<String, Value>) {
            if let Some(said) = fields.remove("said").filter(|_| kind == "note") {
                fields.insert("text".to_owned(), said);
            }
        }
        fn counted(_: &str, fields: &mut Map<String, Value>) {
            fields.insert("count".to_owned(), Value::from(1));
        }
        let upgrades: [Upgrade; 2] = [renamed, counted];
        let fields = |line: &str| parsed(line.as_bytes(), &upgrades);
        let today = json!({"text": "a", "count": 1});
        for line in [
            r#"{"v":1,"kind":"note","said":"a"}"#,
            r#"{"v":2,"kind":"note","text":"a"}"#,
            r#"{"v":3,"kind":"note","text":"a","count":1}"#,
        ] {
            let (kind, fields) = fields(line).unwrap();
            assert_eq!((kind.as_str(), &Value::Object(fields)), ("note", &today));
        }
        assert!(fields(r#"{"v":4,"kind":"note"}"#).is_err());
        assert!(fields(r#"{"v":0,"kind":"note"}"#).is_err());
    }
}
