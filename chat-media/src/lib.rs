//! Media for chat-core: content checks, thumbnails and a local-disk uploader.
