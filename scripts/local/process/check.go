package process

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
)

// Check returns an error if a binary cannot run on this machine.
func Check(binary string) error {
	file, err := elf.Open(binary)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it has not been built: %w", err)
	}
	if err != nil { // the format of another system, which will check it
		return nil
	}
	defer file.Close()
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	if runtime.GOOS == "linux" && file.Machine == machine {
		return nil
	}
	return fmt.Errorf("%s is for Linux on %v, and this is %s on %s: build it for this machine, or synthesize with -c architecture=",
		binary, file.Machine, runtime.GOOS, runtime.GOARCH)
}
