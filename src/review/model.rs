//! Models that the board learns: taken where they are better, kept back where they are not, rolled back by admins.

use crate::{
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder, KeptBack, LossPair,
        ModelPart, ModelRecord, ModelState, ModelVersion, Precondition, Write,
    },
    score::RISE_MAX,
    time::Timestamp,
};

/// A fit, and its weights where it is taken: then it is in force, unless an admin chose another. Of the models before, `dropped` keep their weights no longer.
pub fn store_model(
    state: &ModelState,
    before: ModelVersion,
    mut model: ModelRecord,
    weights: &[u8],
    dropped: Vec<ModelRecord>,
) -> Change {
    let counter = model.version.counter;
    let mut next = ModelState {
        newest: counter,
        ..state.next()
    };
    let (action, parts) = match model.kept_back {
        Some(why) => (AuditAction::ModelKept(why), Vec::new()),
        None => {
            if !state.is_pinned {
                next.in_force = counter;
            }
            (AuditAction::ModelTaken, ModelPart::all_of(counter, weights))
        }
    };
    model.parts = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let audit = audit(&model.version, action, &Actor::System, model.at);
    let audit = if next.in_force == counter {
        audit.changed(before, model.version)
    } else {
        audit
    };
    dropped
        .into_iter()
        .fold(ChangeBuilder::new(), without_weights)
        .require([Precondition::Model(state.row_version)])
        .write([Write::Model(model), Write::ModelState(next)])
        .write(parts.into_iter().map(Write::ModelPart))
        .audit([audit])
        .build()
}

/// Why an offered model with these losses is not taken; `None` if it is. One-sided: the rulings held out measure nothing.
pub fn kept_back(board: LossPair, shipped: LossPair, is_one_sided: bool) -> Option<KeptBack> {
    let rise_max = LossPair::of(0.0, RISE_MAX).after;
    if is_one_sided {
        Some(KeptBack::OneSided)
    } else if board.after >= board.before {
        Some(KeptBack::NoGain)
    } else if shipped.after > shipped.before.saturating_add(rise_max) {
        Some(KeptBack::Forgets)
    } else {
        None
    }
}

fn without_weights(change: ChangeBuilder, model: ModelRecord) -> ChangeBuilder {
    let counter = model.version.counter;
    let parts = (0..model.parts).map(|nth| Write::DeleteModelPart {
        model: counter,
        nth,
    });
    let model = ModelRecord { parts: 0, ..model };
    change.write(parts).write([Write::Model(model)])
}

/// An earlier model is in force again, or the rulebook's own weights, and stays so until it is released.
pub fn roll_back(
    state: &ModelState,
    (from, to): (ModelVersion, ModelVersion),
    reason: String,
    by: &Actor,
    now: Timestamp,
) -> Change {
    let next = ModelState {
        in_force: to.counter,
        is_pinned: true,
        ..state.next()
    };
    let audit = AuditDraft {
        words: Some(reason),
        ..audit(&to, AuditAction::ModelRolledBack, by, now).changed(from, to)
    };
    state_change(state, next, audit)
}

/// What is learned may be in force again.
pub fn release_model(
    state: &ModelState,
    in_force: ModelVersion,
    reason: String,
    by: &Actor,
    now: Timestamp,
) -> Change {
    let next = ModelState {
        is_pinned: false,
        ..state.next()
    };
    let audit = AuditDraft {
        words: Some(reason),
        ..audit(&in_force, AuditAction::ModelReleased, by, now)
    };
    state_change(state, next, audit)
}

fn state_change(state: &ModelState, next: ModelState, audit: AuditDraft) -> Change {
    ChangeBuilder::new()
        .require([Precondition::Model(state.row_version)])
        .write([Write::ModelState(next)])
        .audit([audit])
        .build()
}

fn audit(version: &ModelVersion, action: AuditAction, by: &Actor, at: Timestamp) -> AuditDraft {
    AuditDraft::new(at, by, action, AuditSubject::Model(version.to_string()))
}
