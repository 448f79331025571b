//! A body for each call that takes one, as a board or a moderator would send it.

use serde_json::{Value, json};

/// The example of a body of this shape.
pub(super) fn of(schema: &str) -> Option<Value> {
    Some(match schema {
        "PutArticle" => json!({
            "title": "北約最高統帥首度訪日", "body": "雙方同意在十六個領域加強合作。", "section": "國際",
            "tags": ["北約"], "url": "https://board.example/story/7990000"
        }),
        "PostComment" => json!({
            "comment_id": "c-1001", "url": "https://board.example/c-1001", "article_id": "story-7990000",
            "member": {"id": "m-9", "nickname": "南港阿明", "verified": false},
            "body": "寫得好，謝謝記者。", "tags": ["北約"], "posted_at": "2026-11-23T03:00:00Z"
        }),
        "PutMember" => json!({"nickname": "南港阿明", "verified": false}),
        "PostSanction" => json!({"kind": "suspend", "days": 7, "reason": "連續洗版"}),
        "RevokeSanction" => json!({"reason": "已道歉"}),
        "PostReport" => {
            json!({"reporter_id": "m-12", "code": "insult", "note": "罵人", "surface": "body"})
        }
        "PostAppeal" => json!({"member_id": "m-9", "statement": "我是在引述別人的話。"}),
        "PostCase" => json!({"comment_id": "c-1001", "code": "scam", "note": "看來是廣告"}),
        "PostNote" => json!({"text": "同一人上週也貼過"}),
        "PostRuling" => json!({
            "decision": "remove", "version": 1, "code": "insult", "note": "人身攻擊",
            "sanction": {"kind": "suspend", "days": 7}
        }),
        "PostRulings" => json!({
            "items": [{"case_id": "01J8ZQ4V7Q3M2K5T9XWB6C1D0E", "decision": "approve", "version": 1}]
        }),
        "NextCase" => json!({"code": "insult", "sort": "priority"}),
        "MuteReporter" => json!({"days": 30, "reason": "多次不實檢舉"}),
        "ReasonBody" => json!({"reason": "警方來函"}),
        "PostTry" => json!({"body": "說真的，幹 你 娘", "nickname": "南港阿明", "tags": ["頭香"]}),
        "PostUser" => json!({"name": "amei", "role": "moderator"}),
        "PatchUser" => json!({"role": "admin"}),
        "PostKey" => json!({"name": "board", "scopes": ["moderate", "report"]}),
        "PostSession" => json!({"name": "amei", "password": "gwz57cmz45f59fkhq84r"}),
        "PutPassword" => {
            json!({"current": "gwz57cmz45f59fkhq84r", "password": "四匹馬在南港散步2026"})
        }
        "PostToken" => json!({"name": "my-script", "expires_at": "2027-06-30T00:00:00Z"}),
        "PostWebhook" => {
            json!({"url": "https://board.example/banzhu", "events": ["comment.ruled"]})
        }
        "PatchWebhook" => json!({"active": false}),
        _ => return None,
    })
}
