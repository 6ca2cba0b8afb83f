//! Blobs in an S3-compatible store, one object each.

use super::location::Place;
use super::reader::{BlobFile, BlobReader};
use super::{BlobHash, Location, Named};
use crate::config::S3Config;
use crate::error::{Result, StoreError};
use bytes::Bytes;
use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutPayload};
use secrecy::ExposeSecret;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Small objects on their way at the same time: enough to hide the latency of a distant store.
const UPLOADS_MAX: usize = 32;
/// Parts of a multipart upload on their way at the same time; with [`PART_BYTES`] this bounds memory.
const PARTS_IN_FLIGHT: usize = 4;
/// Size of a part; S3 asks for at least 5 MiB.
const PART_BYTES: usize = 8 << 20;

const WRITING_LARGE: &str = "writing a large object to S3";

/// A bucket and a prefix in it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct S3 {
    pub(super) objects: Arc<AmazonS3>,
    pub(super) prefix: String,
    uploads: Arc<Semaphore>,
}

fn trouble(doing: &'static str) -> impl FnOnce(object_store::Error) -> StoreError {
    move |error| StoreError::Blob { doing, source: io::Error::other(error) }
}

async fn upload_parts(upload: &mut dyn MultipartUpload, mut file: File) -> Result<()> {
    file.seek(SeekFrom::Start(0)).map_err(StoreError::io(WRITING_LARGE))?;
    let mut file = tokio::fs::File::from_std(file);
    let mut under_way = FuturesUnordered::new();
    loop {
        let mut part = Vec::with_capacity(PART_BYTES);
        let mut next = (&mut file).take(PART_BYTES as u64);
        next.read_to_end(&mut part).await.map_err(StoreError::io(WRITING_LARGE))?;
        if part.is_empty() {
            break;
        }
        if under_way.len() == PARTS_IN_FLIGHT {
            under_way.try_next().await.map_err(trouble(WRITING_LARGE))?;
        }
        under_way.push(upload.put_part(part.into()));
    }
    while under_way.try_next().await.map_err(trouble(WRITING_LARGE))?.is_some() {}
    upload.complete().await.map_err(trouble(WRITING_LARGE))?;
    Ok(())
}

impl S3 {
    /// Connects, and proves that objects can be written, read and deleted.
    pub(super) async fn open(config: S3Config) -> Result<Self> {
        let mut builder = AmazonS3Builder::new()
            .with_region(config.region)
            .with_bucket_name(config.bucket)
            .with_access_key_id(config.access_key)
            .with_secret_access_key(config.secret_key.expose_secret())
            .with_allow_http(config.allow_http);
        if let Some(endpoint) = config.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let objects =
            builder.build().map_err(|error| StoreError::Settings(format!("the S3 settings: {error}")))?;
        let s3 = Self {
            objects: Arc::new(objects),
            prefix: config.prefix,
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
        };
        s3.try_out().await?;
        Ok(s3)
    }

    async fn try_out(&self) -> Result<()> {
        let probe = Path::from(format!("{}probe/{}", self.prefix, Uuid::now_v7()));
        let text = Bytes::from_static(b"mailcase");
        self.objects
            .put(&probe, text.clone().into())
            .await
            .map_err(trouble("writing a first object to S3"))?;
        let answer = self.objects.get(&probe).await.map_err(trouble("reading the first object from S3"))?;
        let found = answer.bytes().await.map_err(trouble("reading the first object from S3"))?;
        self.objects.delete(&probe).await.map_err(trouble("deleting the first object from S3"))?;
        if found == text {
            Ok(())
        } else {
            Err(StoreError::Settings("the S3 store returned something else than was written".to_owned()))
        }
    }

    /// Lists a place where nothing stays: one request with a small answer, which needs the network, the bucket and our
    /// right to it.
    pub(super) async fn probe(&self) -> Result<()> {
        let nothing = Path::from(format!("{}probe", self.prefix));
        self.objects.list(Some(&nothing)).try_next().await.map_err(trouble("trying out S3"))?;
        Ok(())
    }

    pub(super) fn key(&self, location: &Location) -> Path {
        Path::from(format!("{}{location}", self.prefix))
    }

    fn key_of(&self, named: &Named) -> Result<Path> {
        match named.location.0 {
            Place::Object { .. } => Ok(self.key(&named.location)),
            Place::Segment { .. } | Place::Large { .. } => Err(StoreError::Settings(
                "this message is kept in a folder, but the configuration names S3 for blobs".to_owned(),
            )),
        }
    }

    pub(super) async fn put_small(&self, bytes: Bytes, hash: BlobHash) -> Result<Location> {
        const DOING: &str = "writing an object to S3";
        let location = Location(Place::Object { hash, put: Uuid::now_v7() });
        let permit = self.uploads.acquire().await;
        let put = self.objects.put(&self.key(&location), PutPayload::from_bytes(bytes)).await;
        drop(permit);
        put.map_err(trouble(DOING))?;
        Ok(location)
    }

    /// Uploads a spooled file in parts. When that fails, the parts that arrived are given up: they take room that is
    /// paid for, and no list of objects shows them.
    pub(super) async fn put_large(&self, file: File, hash: BlobHash, put: Uuid) -> Result<()> {
        let key = self.key(&Location(Place::Object { hash, put }));
        let mut upload = self.objects.put_multipart(&key).await.map_err(trouble(WRITING_LARGE))?;
        let uploaded = upload_parts(upload.as_mut(), file).await;
        if uploaded.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, %key, "an upload to S3 that failed could not be aborted");
        }
        uploaded
    }

    async fn get(&self, hash: BlobHash, named: &Named) -> Result<object_store::GetResult> {
        match self.objects.get(&self.key_of(named)?).await {
            Ok(object) if object.meta.size == named.size => Ok(object),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Err(StoreError::Corrupt { hash }),
            Err(error) => Err(trouble("reading an object from S3")(error)),
        }
    }

    pub(super) async fn read(&self, hash: BlobHash, named: &Named) -> Result<Bytes> {
        let bytes =
            self.get(hash, named).await?.bytes().await.map_err(trouble("reading an object from S3"))?;
        if BlobHash::of(&bytes) == hash { Ok(bytes) } else { Err(StoreError::Corrupt { hash }) }
    }

    pub(super) async fn stream(&self, hash: BlobHash, named: &Named) -> Result<BlobReader> {
        let stream = self.get(hash, named).await?.into_stream().map_err(io::Error::other);
        Ok(BlobReader::new(Box::pin(tokio_util::io::StreamReader::new(stream)), hash, named.size))
    }

    /// Spools the object to a temporary file that has no name.
    pub(super) async fn file(&self, hash: BlobHash, named: &Named) -> Result<BlobFile> {
        const DOING: &str = "spooling an object from S3";
        let mut stream = self.get(hash, named).await?.into_stream();
        let mut file = super::blocking(DOING, || tempfile::tempfile().map_err(StoreError::io(DOING))).await?;
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(trouble(DOING))?;
            file = super::blocking(DOING, move || {
                file.write_all(&piece).map_err(StoreError::io(DOING))?;
                Ok(file)
            })
            .await?;
        }
        let size = named.size;
        super::blocking(DOING, move || BlobFile::verified(file, 0, size, hash)).await
    }
}
