//! The cases of uploads.

/// Makes a test of every uploader case. `$fresh` is an `async fn() -> (Arc<dyn MediaUploader>, T)`.
#[macro_export]
macro_rules! media_conformance {
    ($fresh:ident) => {
        $crate::conformance_cases! { $fresh =>
            media {
                what_was_put_is_read,
                a_thumbnail_is_an_object_of_its_own,
                putting_again_replaces,
                deleting_takes_it_away,
                what_was_never_put_is_not_there,
                every_type_and_size_is_kept,
                a_part_is_read_as_such,
                a_reading_outlives_its_object,
                a_reader_never_gets_half_an_object,
                a_dropped_put_leaves_a_whole_object,
            }
        }
    };
}

/// Makes a test of every inspector case. `$fresh` is an `async fn() -> (Arc<dyn MediaInspector>, T)`.
#[macro_export]
macro_rules! inspector_conformance {
    ($fresh:ident) => {
        $crate::conformance_cases! { $fresh =>
            inspector {
                every_type_is_known_by_its_first_bytes,
                markup_is_refused,
                pictures_are_known_by_their_bytes,
                what_is_no_picture_is_refused,
                metadata_and_what_is_behind_the_end_go,
                half_a_picture_is_refused,
                no_bytes_make_it_panic,
                a_huge_picture_is_refused,
                a_large_picture_is_whole,
                many_at_once_are_bounded,
                a_dropped_call_gives_its_place_back,
                the_runtime_goes_on,
            }
        }
    };
}
