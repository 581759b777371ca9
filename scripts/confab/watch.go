package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long files must rest: editors and `git checkout` write several at a time.
const settle = 25 * time.Millisecond

// watch calls changed after files below a folder have changed that are wanted, with their paths, until the
// context ends.
func watch(ctx context.Context, dir string, wanted func(path string) bool, changed func(paths map[string]bool)) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	if err := watchFolders(watcher, dir); err != nil {
		return err
	}
	paths := map[string]bool{}
	rest := time.NewTimer(0)
	<-rest.C
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-watcher.Errors:
			return err
		case e := <-watcher.Events:
			if e.Has(fsnotify.Create) && isWatchedFolder(e.Name) {
				if err := watchFolders(watcher, e.Name); err != nil {
					return err
				}
			}
			if !e.Has(fsnotify.Chmod) && wanted(e.Name) {
				paths[e.Name] = true
				rest.Reset(settle)
			}
		case <-rest.C:
			changed(paths)
			paths = map[string]bool{}
		}
	}
}

// watchFolders adds a folder, and those below it.
func watchFolders(watcher *fsnotify.Watcher, top string) error {
	return filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil // it has gone meanwhile
		}
		if path != top && ignored(entry.Name()) {
			return filepath.SkipDir
		}
		return watcher.Add(path)
	})
}

func isWatchedFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() && !ignored(info.Name())
}

// ignored tells folders in which nothing is written by hand.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || name == "node_modules" || name == "dist" || name == "cdk.out"
}
