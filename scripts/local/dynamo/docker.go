package dynamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

const dockerImage = "amazon/dynamodb-local:" + dynamoDBLocalVersion

func findDocker(ctx context.Context) (program, error) {
	if err := dockerRuns(ctx); err != nil {
		return program{}, err
	}
	if exec.CommandContext(ctx, "docker", "image", "inspect", dockerImage).Run() != nil {
		return program{}, fmt.Errorf("the image is not there: run `docker pull %s`", dockerImage)
	}
	return program{"DynamoDB Local " + dynamoDBLocalVersion + " in Docker", func(port, folder string) *exec.Cmd {
		args := []string{"run", "--rm", "--init", "--publish", "127.0.0.1:" + port + ":8000"}
		server := []string{dockerImage, "-jar", "DynamoDBLocal.jar", "-disableTelemetry", "-sharedDb"}
		if folder == "" {
			server = append(server, "-inMemory")
		} else {
			// The image's own user may not write into a folder of this machine's user.
			args = append(args, "--user", "root", "--volume", folder+":/data")
			server = append(server, "-dbPath", "/data")
		}
		return exec.Command("docker", append(args, server...)...)
	}}, nil
}

func dockerRuns(ctx context.Context) error {
	if _, err := exec.LookPath("docker"); err != nil {
		return errors.New("there is no Docker: install it from https://docs.docker.com/get-docker")
	}
	if exec.CommandContext(ctx, "docker", "version").Run() != nil { // which asks the daemon
		return errors.New("its daemon does not answer: start it")
	}
	return nil
}

func installDocker(ctx context.Context, progress io.Writer) error {
	if err := dockerRuns(ctx); err != nil {
		return err
	}
	fmt.Fprintln(progress, "fetching DynamoDB Local for Docker, once …")
	if output, err := exec.CommandContext(ctx, "docker", "pull", "--quiet", dockerImage).CombinedOutput(); err != nil {
		return fmt.Errorf("docker pull %s: %w\n%s", dockerImage, err, output)
	}
	return nil
}
