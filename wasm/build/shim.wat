;; What the Go runtime asks of WASI, answered inside the module: the same in every
;; build, and without a host. wasm-merge puts this between the module that Go
;; linked, here called "go", and whatever runs it.
;;
;; proc_exit and fd_write are left to the host: they are how a runtime that gives
;; up says so. random_get is the host's from the moment the module is initialised.
(module
  (import "go" "memory" (memory 1))
  (import "go" "_initialize" (func $go_initialize))
  (import "host" "random" (func $host_random (param i32 i32) (result i32)))

  ;; Nanoseconds, from the first second of 2000 on. Each look at the clock is a
  ;; microsecond later than the one before: Go refuses a clock at 0, and its
  ;; collector divides by the time that passed.
  (global $now (mut i64) (i64.const 946684800_000_000_000))
  (global $random (mut i64) (i64.const 0x9e3779b97f4a7c15))
  (global $initialised (mut i32) (i32.const 0))

  ;; Wizer calls this, and keeps what it leaves behind: globals as well as memory.
  (func (export "initialize")
    (call $go_initialize)
    (global.set $initialised (i32.const 1)))

  (func (export "clock_time_get") (param $id i32) (param $precision i64) (param $time i32) (result i32)
    (global.set $now (i64.add (global.get $now) (i64.const 1000)))
    (i64.store (local.get $time) (global.get $now))
    (i32.const 0))

  ;; Sleeping is to be later. The only subscription that Go's runtime makes
  ;; without sockets is to the clock, with a relative timeout at offset 24.
  (func (export "poll_oneoff") (param $in i32) (param $out i32) (param $n i32) (param $events i32) (result i32)
    (global.set $now (i64.add (global.get $now) (i64.load offset=24 (local.get $in))))
    (i32.store (local.get $events) (i32.const 0))
    (i32.const 0))

  (func (export "random_get") (param $at i32) (param $size i32) (result i32)
    (if (result i32) (global.get $initialised)
      (then (call $host_random (local.get $at) (local.get $size)))
      (else (call $same_random (local.get $at) (local.get $size)))))

  ;; Bytes that pass for random while Go starts: the high ones of Knuth's
  ;; linear congruential generator.
  (func $same_random (param $at i32) (param $size i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $size)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (global.set $random
          (i64.add (i64.mul (global.get $random) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
        (i64.store8 (local.get $at) (i64.shr_u (global.get $random) (i64.const 56)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  (func (export "sched_yield") (result i32) (i32.const 0))

  ;; No arguments.
  (func (export "args_sizes_get") (param $count i32) (param $size i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $size) (i32.const 0))
    (i32.const 0))
  (func (export "args_get") (param i32 i32) (result i32) (i32.const 0))

  ;; One variable, GOGC=25: Go collects for the first time at 4 MiB otherwise, and
  ;; memory never shrinks.
  (func (export "environ_sizes_get") (param $count i32) (param $size i32) (result i32)
    (i32.store (local.get $count) (i32.const 1))
    (i32.store (local.get $size) (i32.const 8))
    (i32.const 0))
  (func (export "environ_get") (param $variables i32) (param $text i32) (result i32)
    (i32.store (local.get $variables) (local.get $text))
    (i64.store (local.get $text) (i64.const 0x0035323d43474f47)) ;; "GOGC=25", from the right
    (i32.const 0))

  ;; No files: 8 is EBADF, for which Go's search for directories ends.
  (func (export "fd_close") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_get") (export "fd_fdstat_set_flags") (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 8)))
