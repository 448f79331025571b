//! A backup stands at one commit, whatever is written meanwhile; and what is stored can be moved.

use std::sync::{Arc, Mutex};

use banzhu::{
    desk::{AuditQuery, CopyFailure},
    record::Actor,
    store::{restore, verify},
};

use super::world::{World, comment};

#[tokio::test]
async fn a_backup_stands_at_one_commit_while_comments_come_in() {
    let world = World::in_folder();
    for n in 0..300 {
        let (id, body) = (
            format!("c-{n}"),
            format!("第{n}篇，祝大家早安。").repeat(60),
        );
        world
            .post(comment(&id, &body).by(&format!("m-{n}"), "阿明"))
            .await;
    }
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("saved");
    let told = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&told);
    let on_progress = Arc::new(move |progress| hearing.lock().unwrap().push(progress));
    let before = world.desk.figures.store_stats().await.unwrap();
    let busy = async {
        for n in 0..200 {
            let by = format!("n-{n}");
            world
                .post(comment(&format!("new-{n}"), "你這個白痴").by(&by, "阿明"))
                .await;
            world
                .post(comment(&format!("c-{n}"), "你這個豬頭").by(&format!("m-{n}"), "阿明"))
                .await;
        }
    };
    let (made, ()) = tokio::join!(
        world
            .desk
            .operations
            .back_up(&Actor::Operator, &to, on_progress),
        busy
    );
    let made = made.unwrap();
    let after = world.desk.figures.store_stats().await.unwrap();
    assert!((before.commits..=after.commits).contains(&made.commit));
    let report = verify(&to).unwrap();
    assert_eq!((report.findings, report.commits), (Vec::new(), made.commit));
    assert!(report.comments >= before.comments);
    let told = told.lock().unwrap().clone();
    assert!(
        told.len() > 2 && told.iter().all(|one| one.done <= one.total),
        "{told:?}"
    );

    let again = dir.path().join("again");
    restore(&to, &again, &|_| {}).unwrap();
    assert_eq!(verify(&again).unwrap().commits, made.commit);
    let query = AuditQuery {
        action: Some("database.backed-up".to_owned()),
        ..AuditQuery::default()
    };
    let audit = world.desk.figures.audit(query).await.unwrap().items;
    assert_eq!(audit.len(), 1);
    let occupied = world
        .desk
        .operations
        .back_up(&Actor::Operator, &to, Arc::new(|_| {}));
    assert!(matches!(occupied.await, Err(CopyFailure::Occupied { .. })));
    // One that failed is in nobody's way, even where nothing was written since.
    let next = dir.path().join("next");
    world
        .desk
        .operations
        .back_up(&Actor::Operator, &next, Arc::new(|_| {}))
        .await
        .unwrap();
    world.end_moved().await;
}
