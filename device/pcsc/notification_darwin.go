package pcsc

import "time"

// macOS does not know the notification of readers that come and go, so they are listed again every now and then.
const notification = ""

// quietTimeout is how long to wait for cards before listing the readers again: short enough for a person who plugs one
// in, and next to no work, because the list is kept in this process.
const quietTimeout = time.Second
