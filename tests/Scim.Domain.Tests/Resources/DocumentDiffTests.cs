using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Users;
using static Scim.Domain.Tests.Patches;

namespace Scim.Domain.Tests.Resources;

internal sealed class DocumentDiffTests
{
    [Test]
    public void A_creation_shows_everything_after()
    {
        var change = new ResourceChanged(null, Some.Document("\"title\": \"T\""), false);

        DocumentDiff.Write(change).Should().Be("""{"after":{"userName":"bjensen","title":"T"}}""");
    }

    [Test]
    public void A_change_shows_only_what_differs_down_to_the_attribute_of_an_extension()
    {
        var before = Some.Document(
            $$"""  "title": "T", "nickName": "N", "{{Urns.EnterpriseUser}}": {"department": "D", "division": "V"} """
        );
        var after = before
            .Apply(
                Replace("title", "\"U\""),
                Remove("nickName"),
                Add("locale", "\"de\""),
                Replace("department", "\"E\"")
            )
            .Document;

        DocumentDiff
            .Write(new ResourceChanged(before, after, false))
            .Should()
            .Be(
                $$$$"""{"before":{"nickName":"N","title":"T","{{{{Urns.EnterpriseUser}}}}":{"department":"D"}},"after":{"title":"U","locale":"de","{{{{Urns.EnterpriseUser}}}}":{"department":"E"}}}"""
            );
    }

    [Test]
    public void A_password_shows_as_changed_and_never_as_text()
    {
        var body = Some.User("\"password\": \"s3cret-text\"");
        var user = User.Create(body, "pbkdf2-hash", Some.Auto, Some.Time);
        user.Patch(user.Document.Apply(Replace("password", "\"s3cret-again\"")), "pbkdf2-hash", Some.Time);

        var diff = DocumentDiff.Write(user.Change!);

        diff.Should().EndWith("\"passwordChanged\":true}").And.NotContain("s3cret").And.NotContain("hash");
    }

    [Law]
    public bool Equal_documents_differ_in_nothing(UserJson user) =>
        DocumentDiff.Write(new ResourceChanged(user.Document, user.Document, false)) == """{"before":{},"after":{}}""";
}
