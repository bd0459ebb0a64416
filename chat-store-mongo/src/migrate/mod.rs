//! The schema, in steps that go up and down.
//!
//! MongoDB makes collections and indexes one by one, so a step can be repeated: what is there
//! already stays, and a step is noted when all of it is there.

mod steps;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bson::{Document, doc};
use chat_core::id::{Epoch, Timestamp};
use chat_core::store::{SchemaStore, Step, StoreError};
use mongodb::error::ErrorKind;
use mongodb::options::ReadConcern;
use mongodb::{Collection, IndexModel};
use uuid::Uuid;

use crate::error::{Result, failed, is_duplicate, odd};
use crate::rows::binary;
use crate::store::{MongoStore, within};
use steps::{BY_REV, MADE, Made, REVISED_BY_REV, STEPS, by_rev, revised};

/// For how long a node may take steps before another one takes over, in milliseconds.
const LEASE: i64 = 30_000;

/// How long a node waits for the others.
const WAIT: Duration = Duration::from_secs(90);

/// How long it waits before it asks again.
const PAUSE: Duration = Duration::from_millis(50);

/// The document that only one node holds.
const LOCK: &str = "lock";

/// The code of a collection that is there already.
const EXISTS: i32 = 48;

/// The code of an index that is not there.
const NO_INDEX: i32 = 27;

#[async_trait]
impl SchemaStore for MongoStore {
    fn steps(&self) -> &'static [Step] {
        STEPS
    }

    async fn version(&self) -> Result<i64> {
        within(Box::pin(async move { Ok(self.last_note().await?.0) })).await
    }

    async fn goto(&self, version: i64) -> Result<()> {
        let target = known(version)?;
        self.alone(move |store, holder| Box::pin(go(store, holder, target)))
            .await
    }

    async fn force(&self, version: i64) -> Result<()> {
        let target = known(version)?;
        self.alone(move |store, _| Box::pin(note_all(store, target)))
            .await
    }
}

/// How many of [`STEPS`] make up `version`.
fn known(version: i64) -> Result<usize> {
    let count = usize::try_from(version).ok();
    let count = count.filter(|count| *count <= STEPS.len());
    count.ok_or_else(|| odd("a version of the schema that this build does not know"))
}

async fn go(store: &MongoStore, holder: Uuid, target: usize) -> Result<()> {
    loop {
        let (version, is_leaving) = store.last_note().await?;
        let at = known(version)?;
        store.renew(holder).await?;
        match () {
            // Others were stopped in the middle of a step down.
            () if is_leaving || at > target => store.down(at - 1).await?,
            () if at < target => store.up(at).await?,
            () => return Ok(()),
        }
    }
}

async fn note_all(store: &MongoStore, target: usize) -> Result<()> {
    let steps = store.steps_taken();
    let version = STEPS[..target].last().map_or(0, |step| step.version);
    let forget = steps.delete_many(doc! { "_id": { "$gt": version } });
    forget.await.map_err(failed)?;
    for step in &STEPS[..target] {
        store.note(step).await?;
    }
    Ok(())
}

impl MongoStore {
    fn steps_taken(&self) -> Collection<Document> {
        self.collection("steps")
    }

    /// The last step taken, and whether it is being taken back.
    async fn last_note(&self) -> Result<(i64, bool)> {
        let steps = self.steps_taken();
        let last = steps
            .find_one(doc! { "_id": { "$gt": 0 } })
            .sort(doc! { "_id": -1 });
        let Some(last) = last.await.map_err(failed)? else {
            return Ok((0, false));
        };
        let version = last.get_i64("_id").map_err(StoreError::corrupt)?;
        Ok((version, last.contains_key("leaving")))
    }

    async fn note(&self, step: &Step) -> Result<()> {
        let taken_at = Timestamp::now().as_millis();
        let note = doc! {
            "$setOnInsert": { "name": step.name, "taken_at": taken_at }, "$unset": { "leaving": 1 },
        };
        let steps = self.steps_taken();
        let note = steps.update_one(doc! { "_id": step.version }, note);
        note.upsert(true).await.map(drop).map_err(failed)
    }

    async fn up(&self, at: usize) -> Result<()> {
        for made in MADE[at] {
            self.make(made).await?;
        }
        match at {
            0 => self.make_epoch().await?,
            1 => self.count_joins().await?,
            6 => self.index_by_rev(revised(), BY_REV).await?,
            _ => {}
        }
        self.note(&STEPS[at]).await
    }

    async fn make_epoch(&self) -> Result<()> {
        let epoch = binary(Epoch::random().as_uuid());
        let meta = self.meta();
        let keep = meta.update_one(
            doc! { "_id": 1_i64 },
            doc! { "$setOnInsert": { "epoch": epoch } },
        );
        keep.upsert(true).await.map(drop).map_err(failed)
    }

    /// Counts the members that are there already. Who was erased keeps rows as tombstones, and no
    /// count.
    async fn count_joins(&self) -> Result<()> {
        let gone = doc! {
            "from": self.name("erasures"), "localField": "_id", "foreignField": "_id", "as": "gone",
        };
        let into = doc! {
            "into": self.name("joins"), "whenMatched": "keepExisting", "whenNotMatched": "insert",
        };
        let pipeline = vec![
            doc! { "$group": { "_id": "$user", "count": { "$sum": 1_i64 } } },
            doc! { "$lookup": gone },
            doc! { "$match": { "gone": [] } },
            doc! { "$project": { "count": 1_i64 } },
            doc! { "$merge": into },
        ];
        let members = self.members();
        let count = members.aggregate(pipeline).allow_disk_use(true);
        let counted = count.read_concern(ReadConcern::majority()).await;
        counted.map(drop).map_err(failed)
    }

    /// Takes away what an earlier build cannot read: files that are no pictures, from the messages that held
    /// them too. The messages stay last, so that all of it can be repeated.
    async fn forget_files(&self) -> Result<()> {
        let files = doc! { "kind": { "$in": [4_i64, 5_i64, 6_i64] } };
        let messages = self.messages();
        let find = messages.clone_with_type::<Document>();
        let find = find
            .find(files.clone())
            .projection(doc! { "conversation": 1, "seq": 1 });
        let mut found = find.await.map_err(failed)?;
        let links = self.upload_links();
        while found.advance().await.map_err(failed)? {
            let message = found.deserialize_current().map_err(failed)?;
            let held = doc! {
                "conversation": message.get("conversation").cloned(), "seq": message.get("seq").cloned(),
            };
            links.delete_many(held).await.map_err(failed)?;
        }
        let blank = doc! { "$set": { "kind": 1_i64, "attachments": [] } };
        messages.update_many(files, blank).await.map_err(failed)?;
        let uploads = self.collection::<Document>("uploads");
        let other = doc! { "content_type": { "$not": { "$regex": "^image/" } } };
        uploads.delete_many(other).await.map(drop).map_err(failed)
    }

    async fn make(&self, made: &Made) -> Result<()> {
        let indexes = (made.indexes)();
        if !indexes.is_empty() {
            let collection = self.collection::<Document>(made.name);
            let make = collection.create_indexes(indexes);
            return make.await.map(drop).map_err(failed);
        }
        match self
            .database()
            .create_collection(self.name(made.name))
            .await
        {
            Err(error) if !is_command(&error, EXISTS) => Err(failed(error)),
            _ => Ok(()),
        }
    }

    async fn down(&self, at: usize) -> Result<()> {
        let steps = self.steps_taken();
        let this = doc! { "_id": STEPS[at].version };
        let leave = steps.update_one(this.clone(), doc! { "$set": { "leaving": true } });
        leave.await.map_err(failed)?;
        match STEPS[at].name {
            "media" => self.forget_files().await?,
            "revised" => self.index_by_rev(by_rev(), REVISED_BY_REV).await?,
            _ => {}
        }
        for made in MADE[at].iter().rev() {
            let collection = self.collection::<Document>(made.name);
            collection.drop().await.map_err(failed)?;
        }
        if at == 2 {
            self.forget_revisions().await?;
        }
        steps.delete_one(this).await.map(drop).map_err(failed)
    }
}

impl MongoStore {
    /// Takes what revisions left in messages; edits and tombstones stay.
    async fn forget_revisions(&self) -> Result<()> {
        let fields = doc! { "first_rev": 1_i64, "edited_at": 1_i64, "reactions": 1_i64 };
        let revised = doc! { "first_rev": { "$exists": true } };
        let messages = self.messages();
        let forget = messages.update_many(revised, doc! { "$unset": fields });
        forget.await.map(drop).map_err(failed)
    }
}

impl MongoStore {
    /// Has one index of messages by rev instead of another.
    async fn index_by_rev(&self, index: IndexModel, instead_of: &str) -> Result<()> {
        let messages = self.messages();
        messages.create_index(index).await.map_err(failed)?;
        match messages.drop_index(instead_of).await {
            Err(error) if !is_command(&error, NO_INDEX) => Err(failed(error)),
            _ => Ok(()),
        }
    }
}

/// Whether the server said no to a command with this code.
fn is_command(error: &mongodb::error::Error, code: i32) -> bool {
    matches!(&*error.kind, ErrorKind::Command(error) if error.code == code)
}

/// The lock, by the server's clock.
impl MongoStore {
    /// Runs `work` while no other node does the like. It goes on to its end when the caller drops
    /// the call: a lock left behind would keep the others waiting.
    async fn alone<W>(&self, work: W) -> Result<()>
    where
        W: for<'s> FnOnce(&'s Self, Uuid) -> futures_util::future::BoxFuture<'s, Result<()>>
            + Send
            + 'static,
    {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let holder = Uuid::new_v4();
            store.lock(holder).await?;
            let done = work(&store, holder).await;
            store.unlock(holder).await?;
            done
        });
        task.await.map_err(StoreError::unavailable)?
    }

    async fn lock(&self, holder: Uuid) -> Result<()> {
        let steps = self.steps_taken();
        let free = steps.insert_one(doc! { "_id": LOCK, "until": 0_i64 });
        match free.await.map_err(failed) {
            Err(error) if !is_duplicate(&error) => return Err(error),
            _ => {}
        }
        let begun = Instant::now();
        let is_free = doc! { "$expr": { "$lt": ["$until", { "$toLong": "$$NOW" }] } };
        while !self.hold(is_free.clone(), holder).await? {
            if begun.elapsed() > WAIT {
                return Err(StoreError::unavailable("another node changes the schema"));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn renew(&self, holder: Uuid) -> Result<()> {
        match self.hold(doc! { "holder": binary(holder) }, holder).await? {
            true => Ok(()),
            false => Err(StoreError::unavailable("another node took over")),
        }
    }

    async fn hold(&self, filter: Document, holder: Uuid) -> Result<bool> {
        let mut this = doc! { "_id": LOCK };
        this.extend(filter);
        let until = doc! { "$add": [{ "$toLong": "$$NOW" }, LEASE] };
        let hold = doc! { "$set": { "holder": binary(holder), "until": until } };
        let steps = self.steps_taken();
        let held = steps.update_one(this, vec![hold]).await.map_err(failed)?;
        Ok(held.matched_count == 1)
    }

    async fn unlock(&self, holder: Uuid) -> Result<()> {
        let mine = doc! { "_id": LOCK, "holder": binary(holder) };
        let steps = self.steps_taken();
        let free = steps.update_one(mine, doc! { "$set": { "until": 0_i64 } });
        free.await.map(drop).map_err(failed)
    }
}
