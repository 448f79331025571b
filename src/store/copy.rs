//! Copies of the database, by compaction or backup: their progress, outcome and failures.

use std::sync::Arc;

use crate::store::StoreError;

/// The outcome of a compaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct CompactionReport {
    /// Size of the database file before, in bytes.
    pub before_bytes: u64,
    /// Size after.
    pub after_bytes: u64,
}

/// The outcome of a backup.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BackupReport {
    /// Its folder.
    pub dir: String,
    /// The commit of which it is a snapshot.
    pub commit: u64,
    /// All its files together, in bytes.
    pub bytes: u64,
}

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CopyProgress {
    /// What is done at the moment.
    pub step: CopyStep,
    /// How many rows, lines or bytes are done.
    pub done: u64,
    /// Of how many; 0 if unknown.
    pub total: u64,
}

/// The steps of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyStep {
    /// Rows are copied.
    Copying,
    /// The copy is read back and verified.
    Checking,
    /// The checksums of all files are taken.
    Sealing,
}

/// Is called with the progress of a copy.
pub type OnProgress = Arc<dyn Fn(CopyProgress) + Send + Sync>;

/// Why a copy was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum CopyFailure {
    #[error(
        "{dir} 已有內容，請指定尚不存在或空的資料夾 / {dir} holds something already: name a folder that does not exist or is empty"
    )]
    Occupied { dir: String },
    #[error("另一項作業正在寫入 {dir} / {dir} is being written by another command")]
    Busy { dir: String },
    #[error(
        "{dir} 位於資料夾之內，會隨之一起遺失；請指定其他位置 / {dir} lies within the data folder and would be lost with it: name another place"
    )]
    Within { dir: String },
    #[error(
        "磁碟空間不足：{dir} 需要 {needed} 位元組，只剩 {free} 位元組 / the disk has too little room: {dir} needs {needed} bytes, {free} are left"
    )]
    NoRoom { dir: String, needed: u64, free: u64 },
    #[error("無法使用 {path} / {path} cannot be used: {error}")]
    Io { path: String, error: String },
    #[error("{dir} 不是備份，找不到 backup.json / {dir} is no backup: it has no backup.json")]
    NoBackup { dir: String },
    #[error("備份 {dir} 不完整或已損壞 / the backup {dir} is damaged or not whole: {what}")]
    Damaged { dir: String, what: String },
    #[error("{dir} 中沒有資料庫 / there is no database in {dir}")]
    Nothing { dir: String },
    #[error("檔案 {file} 已存在 / the file {file} exists already")]
    FileExists { file: String },
    #[error(
        "匯入的檔案有誤，未匯入任何資料 / the file cannot be imported, and nothing was; lines, and what is wrong with them:\n{faults}"
    )]
    Lines { faults: String },
    #[error(
        "寫入的速度快過備份，請稍後重試 / writes came faster than they could be backed up: try again later"
    )]
    TooSlow,
    #[error("備份已中止 / the backup was given up: {0}")]
    Store(#[from] StoreError),
}
