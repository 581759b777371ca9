package queue

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
)

// maxMessage is the largest message of a queue. Since 2025 a queue may allow more; this limit holds
// everywhere.
const maxMessage = 256 << 10

// ServeHTTP serves SendMessage of Amazon SQS, in its JSON protocol.
func (q *Queues) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueURL        string `json:"QueueUrl"`
		MessageBody     string
		MessageGroupID  string `json:"MessageGroupId"`
		DeduplicationID string `json:"MessageDeduplicationId"`
	}
	if target := r.Header.Get("X-Amz-Target"); r.Method != http.MethodPost || target != "AmazonSQS.SendMessage" {
		writeError(w, "UnsupportedOperation", "the local cloud has no "+target)
		return
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8*maxMessage)).Decode(&in); err != nil {
		writeError(w, "InvalidParameterValue", err.Error())
		return
	}
	to := q.queues[path.Base(in.QueueURL)]
	switch {
	case to == nil:
		writeError(w, "QueueDoesNotExist", "The specified queue does not exist.")
	case in.MessageGroupID == "" || in.DeduplicationID == "":
		writeError(w, "MissingParameter", "The request must contain the parameters MessageGroupId and MessageDeduplicationId.")
	case in.MessageBody == "" || len(in.MessageBody) > maxMessage:
		writeError(w, "InvalidParameterValue", fmt.Sprintf("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", maxMessage))
	default:
		m := &message{body: in.MessageBody, group: in.MessageGroupID, deduplicationID: in.DeduplicationID}
		q.send(to, m)
		sum := md5.Sum([]byte(in.MessageBody))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_ = json.NewEncoder(w).Encode(map[string]string{"MessageId": m.id, "MD5OfMessageBody": hex.EncodeToString(sum[:])})
	}
}

func writeError(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.sqs#" + code, "message": message})
}
