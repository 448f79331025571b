//! Labels in both languages. A label without its translation does not compile.
//!
//! [`Texts`] has what pages share; a page may have a table of its own, made by the same macro beside its handler.

/// A table of labels: `texts! { /// What it is. pub struct Name { field: "中文", "English"; } }`.
macro_rules! texts {
    ($(#[$meta:meta])* pub struct $table:ident { $($name:ident: $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[allow(missing_docs, dead_code, reason = "each is its own text; a page to come may need it")]
        pub struct $table { $(pub $name: &'static str,)+ }

        impl $table {
            /// The labels of a language.
            pub const fn of(language: $crate::http::problem::Language) -> &'static Self {
                static ZH_TW: $table = $table { $($name: $zh,)+ };
                static EN: $table = $table { $($name: $en,)+ };
                match language {
                    $crate::http::problem::Language::ZhTw => &ZH_TW,
                    $crate::http::problem::Language::En => &EN,
                }
            }
        }
    };
}
pub(super) use texts;

texts! {
    /// The labels that pages share.
    pub struct Texts {
        brand: "版主", "Banzhu";
        to_content: "跳至內容", "Skip to content";
        menu: "選單", "Menu";
        more: "更多", "More";
        language_other: "English", "中文";
        language_other_title: "Switch to English", "切換為中文";
        sign_in: "登入", "Sign in";
        sign_in_lead: "登入後開始審核留言。", "Sign in to review comments.";
        sign_out: "登出", "Sign out";
        sign_out_everywhere: "登出所有裝置", "Sign out everywhere";
        name: "帳號", "Name";
        password: "密碼", "Password";
        show_keys: "快速鍵", "Keys";
        keys_title: "鍵盤快速鍵", "Keyboard shortcuts";
        key_move: "上一件、下一件", "Previous, next";
        key_open: "開啟案件", "Open the case";
        key_approve: "保留", "Approve";
        key_remove: "移除（Enter 確認）", "Remove (Enter confirms)";
        key_tags: "移除標籤", "Remove tags";
        key_escalate: "呈報", "Escalate";
        key_sanction: "處分", "Sanction";
        key_note: "備註；在佇列中：審下一件", "Note; in the queue: next case";
        key_reply: "回覆會員", "Reply to the member";
        key_group: "相同內容的案件", "Cases with the same words";
        key_undo: "復原上一個裁決", "Undo the last ruling";
        key_search: "搜尋", "Search";
        key_select: "勾選", "Select";
        key_news: "顯示新案件", "Show new cases";
        key_reveal: "顯示或遮住不雅字句", "Reveal or blur abusive words";
        key_back: "返回", "Back";
        today: "今日", "Today";
        today_title: "您今天裁決的案件數，只有您看得到", "How many cases you ruled today; only you see this";
        break_text: "您已經連續審理好一段時間了，起來走走、喝口水吧。", "You have been at it for a while. Stretch, and have some water.";
        break_close: "好，休息過了", "Done, I had a break";
        offline: "連線中斷，未做任何變更，請重試。", "The connection broke; nothing was changed. Please try again.";
        close: "關閉", "Close";
        cancel: "取消", "Cancel";
        save: "儲存", "Save";
        search: "搜尋", "Search";
        all: "全部", "All";
        none: "無", "None";
        yes: "是", "Yes";
        no: "否", "No";
        back: "返回", "Back";
        next_page: "下一頁", "Next page";
        first_page: "回第一頁", "First page";
        undo: "復原", "Undo";
        undo_open: "查看案件", "See the case";
        seconds_left: "內可復原", "left to undo";
        told_saved: "已儲存。", "Saved.";
        told_noted: "已加入備註。", "The note was added.";
        told_released: "已釋出案件。", "The case was released.";
        told_skipped: "已略過，案件仍在佇列中。", "Skipped; the case stays in the queue.";
        told_undone: "已復原裁決，案件回到先前的狀態。", "The ruling was undone; the case is as it was before.";
        told_not_undone: "案件已有後續變動，未復原裁決。", "Something has happened since; the ruling was not undone.";
        told_too_many_claims: "您認領的案件已達上限，請先裁決或釋出。", "You hold as many cases as you may; rule on some or release them first.";
        told_signed_out: "已登出。", "You are signed out.";
        told_nothing_waits: "沒有待審的案件了，休息一下吧。", "No case is waiting. Time for a break.";
        error_home: "回到佇列", "To the queue";
        error_retry: "重新整理", "Reload";
        error_reference: "如需協助，請附上這個編號：", "If you ask for help, give this number:";
        error_not_found: "找不到這個頁面", "This page does not exist";
        error_not_found_lead: "連結可能已失效，或內容已依保存期限清除。", "The link may be old, or what it led to was purged.";
        error_forbidden: "您的帳號無法使用這項功能", "Your account does not allow this";
        error_forbidden_lead: "如果工作上需要，請洽管理員。", "If your work needs it, ask an admin.";
        error_conflict: "情況剛剛改變了", "Things have just changed";
        error_fields: "有些內容需要修正", "Some fields need a change";
        error_busy: "系統暫時忙碌", "The service is busy";
        error_busy_lead: "未做任何變更。請稍候片刻再重試。", "Nothing was changed. Please try again in a moment.";
        error_other: "無法完成這項操作", "This did not work";
        plain_claimed: "另一位版主正在審理這個案件。", "Another moderator has this case open.";
        plain_changed: "案件在這之間已有變動，未做任何變更。", "The case has changed in the meantime; nothing was done.";
        plain_unknown: "無法確定是否已完成，請重新整理後確認。", "Whether it was done is not known; reload and look.";
        sign_in_failed: "帳號或密碼不正確。", "The name or password is not right.";
        sign_in_missing: "請輸入帳號與密碼。", "Enter your name and password.";
        sign_in_needed: "請先登入，接著會回到您要前往的頁面。", "Please sign in; you will then come to the page you wanted.";
    }
}
