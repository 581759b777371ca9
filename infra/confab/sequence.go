package confab

import "github.com/aws/constructs-go/constructs/v10"

// sequence makes CloudFormation create constructs one after the other. API Gateway takes one change of
// an API at a time and refuses others ("concurrent modification"), and CloudFormation makes
// everything at once that does not depend on another.
type sequence struct{ last constructs.IConstruct }

// add adds the next construct.
func (s *sequence) add(next constructs.IConstruct) {
	if s.last != nil {
		next.Node().AddDependency(s.last)
	}
	s.last = next
}
