//! The index by which comments are searched: each segment is what its comments come to.

use super::Walk;
use crate::{
    record::{Comment, SEGMENT_SPAN, Segment, SegmentBuilder, SegmentPart},
    store::{
        Result,
        engine::{Range, Reads},
        rows::Rows,
        tables::{Keyed as _, Table, Value},
    },
};

impl<E: Reads> Walk<'_, E> {
    pub(super) async fn segments(&mut self) -> Result<()> {
        let (mut rows, mut parts) = (Rows::of(Table::Segments), 0);
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                if let Some(segment) = self.read_keyed::<Segment>(&row) {
                    parts += self.segment(&segment).await?;
                }
            }
        }
        let counted = self.engine.count(Range::along(Table::SegmentParts)).await?;
        if counted != parts {
            self.found_in(Table::SegmentParts, "postings of no segment");
        }
        Ok(())
    }

    /// Builds a segment anew and compares. Returns how many parts there are, of one that is not used too.
    async fn segment(&mut self, segment: &Segment) -> Result<u64> {
        let of_segment = Range::along(Table::SegmentParts).under([Value::Number(segment.number)]);
        if !segment.is_usable() {
            return self.engine.count(of_segment).await;
        }
        let rows = self.engine.range(of_segment).await?;
        let mut stored: Vec<SegmentPart> = Vec::with_capacity(rows.len());
        for row in &rows {
            stored.extend(self.read_keyed(row));
        }
        let begun = Segment {
            row_version: segment.row_version - 1,
            ..segment.clone()
        };
        let (built, parts) = self.builder_of(segment.number).await?.finish(begun);
        if built != *segment || parts != stored {
            let what = "a segment of the index that is not what its comments come to";
            self.found_at(Table::Segments, &segment.key(), what);
        }
        Ok(rows.len() as u64)
    }

    async fn builder_of(&self, segment: u64) -> Result<SegmentBuilder> {
        let first = Segment::first_of(segment);
        let of_segment = Range::along(Table::Comments)
            .from([Value::Number(first)])
            .below([Value::Number(first + SEGMENT_SPAN)]);
        let (mut rows, mut builder) = (Rows::along(of_segment), SegmentBuilder::default());
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                // one that cannot be read was reported with the comments
                let comment = row.read::<Comment>().ok();
                if let (Some(comment), [Value::Number(number)]) = (comment, row.key.as_slice()) {
                    builder.add(*number, &comment);
                }
            }
        }
        Ok(builder)
    }
}
