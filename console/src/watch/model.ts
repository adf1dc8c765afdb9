/** What the API says of a video and what hangs on it, as far as this page reads it. */

export interface Video {
  readonly id: string;
  readonly user_id: string;
  readonly author: string;
  readonly title: string;
  readonly description: string;
  readonly video_type: "tutorial" | "webinar" | "demo" | "other";
  readonly video_url: string | null;
  readonly thumbnail_url: string | null;
  readonly duration: number | null;
  readonly tags: readonly string[];
  readonly tech_stack: readonly string[];
  readonly project_url: string | null;
  readonly visibility: "public" | "unlisted" | "private";
  readonly status: "registered" | "uploading" | "processing" | "ready" | "failed";
  readonly status_detail: string | null;
  readonly playback: { readonly width: number; readonly height: number } | null;
  readonly view_count: number;
  readonly like_count: number;
  readonly created_at: string;
}

export interface Playback {
  readonly hls_url: string | null;
  readonly mp4_url: string;
  readonly content_type: string;
  readonly thumbnail_url: string;
  readonly storyboard_url: string;
  readonly expires_at: string;
}

export type AnnotationType = "info" | "feature" | "bug-fix" | "demo";

export interface Annotation {
  readonly id: string;
  readonly timestamp: number;
  readonly end_timestamp: number | null;
  readonly title: string;
  readonly description: string;
  readonly annotation_type: AnnotationType;
  readonly url: string | null;
}

export interface Comment {
  readonly id: string;
  readonly user_id: string | null;
  readonly author: string | null;
  readonly text: string | null;
  readonly timestamp: number | null;
  readonly reply_count: number;
  readonly created_at: string;
}

export interface Recommendation {
  readonly video_id: string;
  readonly title: string;
  readonly rank: number;
}

export const TYPE_NAMES: Readonly<Record<AnnotationType, string>> = {
  info: "Info",
  feature: "Feature",
  "bug-fix": "Bug fix",
  demo: "Demo",
};
