//! What the audit's actions and subjects are called, in both languages.

use crate::http::problem::Language;

/// Actions by their names in the contract.
const ACTIONS: &[(&str, &str, &str)] = &[
    ("appeal.made", "提出申訴", "Appealed"),
    ("article.stored", "儲存文章", "Article stored"),
    ("case.claimed", "認領案件", "Case claimed"),
    ("case.escalated", "呈報案件", "Case escalated"),
    ("case.noted", "加註案件", "Note added"),
    ("case.opened", "開立案件", "Case opened"),
    ("case.released", "釋出案件", "Case released"),
    ("case.reopened", "重開案件", "Case reopened"),
    ("case.sampled", "抽樣複查", "Drawn for QA"),
    ("case.skipped", "略過案件", "Case skipped"),
    ("case.taken-over", "接手案件", "Case taken over"),
    (
        "case.withdrawn",
        "留言撤回，結案",
        "Case ended by withdrawal",
    ),
    ("clock.accepted", "接受時鐘", "Clock accepted"),
    (
        "comment.came-along",
        "隨檢舉送來的留言",
        "Comment came with a report",
    ),
    ("comment.edited", "會員修改留言", "Comment edited"),
    ("comment.held", "保全留言", "Comment put on hold"),
    ("comment.judged", "判定留言", "Comment judged"),
    ("comment.let-go", "解除保全", "Hold released"),
    ("comment.rejudged", "重新判定", "Comment judged again"),
    ("comment.withdrawn", "會員撤回留言", "Comment withdrawn"),
    ("comments.allowed", "通過留言", "Comments allowed"),
    ("comments.purged", "清除內文", "Texts purged"),
    (
        "comments.rejudge-begun",
        "開始重新判定",
        "Judging again began",
    ),
    (
        "comments.rejudge-ended",
        "重新判定結束",
        "Judging again ended",
    ),
    ("database.backed-up", "備份資料庫", "Database backed up"),
    ("database.compacted", "壓縮資料庫", "Database compacted"),
    ("erasure.finished", "完成刪除", "Erasure finished"),
    ("key.created", "建立金鑰", "Key created"),
    ("key.revoked", "撤銷金鑰", "Key revoked"),
    ("member.erased", "刪除會員內容", "Member erased"),
    ("model.kept", "保留原模型", "Model not taken"),
    (
        "model.released",
        "恢復自動採用模型",
        "Model no longer pinned",
    ),
    ("model.rolled-back", "還原模型", "Model rolled back"),
    ("model.taken", "採用新模型", "Model taken"),
    ("reply.changed", "變更罐頭回覆", "Reply changed"),
    ("reply.created", "新增罐頭回覆", "Reply saved"),
    ("reply.removed", "刪除罐頭回覆", "Reply deleted"),
    ("report.made", "提出檢舉", "Reported"),
    (
        "reporter.dismissed",
        "駁回檢舉人的檢舉",
        "Reports dismissed",
    ),
    ("reporter.muted", "靜音檢舉人", "Reporter muted"),
    ("reporter.unmuted", "解除靜音", "Reporter unmuted"),
    ("rulebook.accepted", "接受規則變更", "Rulebook accepted"),
    ("rulebook.loaded", "載入規則", "Rulebook loaded"),
    ("ruling.made", "裁決", "Ruled"),
    ("ruling.undone", "復原裁決", "Ruling undone"),
    ("sanction.laid", "處分會員", "Sanctioned"),
    ("sanction.lifted", "解除處分", "Sanction lifted"),
    (
        "sanction.restored",
        "恢復處分擋下的留言",
        "Blocked comments restored",
    ),
    ("session.began", "登入", "Signed in"),
    ("session.ended", "登出", "Signed out"),
    (
        "session.ended-everywhere",
        "登出所有裝置",
        "Signed out everywhere",
    ),
    ("session.refused", "登入失敗", "Sign-in failed"),
    ("store.converted", "轉換資料庫格式", "Database converted"),
    ("token.created", "建立權杖", "Token created"),
    ("token.revoked", "撤銷權杖", "Token revoked"),
    ("user.changed", "變更帳號", "Account changed"),
    ("user.created", "建立帳號", "Account created"),
    ("user.deleted", "刪除帳號", "Account deleted"),
    ("user.password-changed", "變更密碼", "Password changed"),
    (
        "user.settings-changed",
        "變更個人設定",
        "Own settings changed",
    ),
    ("webhook.changed", "變更 webhook", "Webhook changed"),
    ("webhook.created", "建立 webhook", "Webhook created"),
    ("webhook.removed", "刪除 webhook", "Webhook deleted"),
    ("webhook.replayed", "重送 webhook", "Delivery retried"),
    ("word.added", "新增詞", "Word added"),
    ("word.changed", "變更詞", "Word changed"),
    ("word.retired", "停用詞", "Word retired"),
    ("words.rolled-back", "還原詞庫", "Words put back"),
];

/// What an action is called; one that the table does not know is empty, and its own name stands alone.
pub fn action(name: &str, language: Language) -> &'static str {
    let found = ACTIONS.iter().find(|(action, _, _)| *action == name);
    found.map_or("", |(_, zh_tw, en)| language.pick(zh_tw, en))
}

/// What a kind of subject is called.
pub fn kind(name: &'static str, language: Language) -> &'static str {
    match name {
        "comment" => language.pick("留言", "Comment"),
        "member" => language.pick("會員", "Member"),
        "tag" => language.pick("標籤", "Tag"),
        "article" => language.pick("文章", "Article"),
        "user" => language.pick("帳號", "Account"),
        "key" => language.pick("金鑰", "Key"),
        "token" => language.pick("權杖", "Token"),
        "rulebook" => language.pick("規則", "Rulebook"),
        "comments" => language.pick("留言", "Comments"),
        "reporter" => language.pick("檢舉人", "Reporter"),
        "webhook" => "Webhook",
        "database" => language.pick("資料庫", "Database"),
        "model" => language.pick("模型", "Model"),
        other => other,
    }
}
