#ifndef BASE_SANITIZED_H
#define BASE_SANITIZED_H

/* 1 where the compiler puts a sanitizer in that has an allocator and a memset of its own, 0 elsewhere. */
#if defined(__has_feature) /* how clang says what gcc says by macros */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#endif
