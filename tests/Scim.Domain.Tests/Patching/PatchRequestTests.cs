using System.Text;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Domain.Patching;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Patching;

internal sealed class PatchRequestTests
{
    private const string Schemas = "\"schemas\":[\"" + Urns.PatchOp + "\"]";

    [TestCase("", "invalidSyntax")]
    [TestCase("[]", "invalidSyntax")]
    [TestCase("{}", "invalidSyntax")]
    [TestCase("{\"Operations\":[{\"op\":\"remove\",\"path\":\"title\"}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + "}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":null}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":\"x\"}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[null]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"path\":\"title\"}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"op\":\"move\",\"path\":\"title\"}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"op\":5}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"op\":null}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"op\":\"add\",\"OP\":\"add\"}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"op\":\"remove\",\"path\":5}]}", "invalidPath")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"op\":\"add\",\"value\":{\"a\":1,\"a\":2}}]}", "invalidSyntax")]
    [TestCase("{" + Schemas + ",\"Operations\":[{\"op\":\"add\",\"value\":\"\\ud800\"}]}", "invalidSyntax")]
    [TestCase(
        "{"
            + Schemas
            + ",\"operations\":[{\"op\":\"remove\",\"path\":\"a\"}],\"Operations\":[{\"op\":\"remove\",\"path\":\"a\"}]}",
        "invalidSyntax"
    )]
    [TestCase(
        "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"Operations\":[{\"op\":\"remove\",\"path\":\"a\"}]}",
        "invalidSyntax"
    )]
    public void A_message_that_is_no_PatchOp_is_refused(string json, string scimType) =>
        Some.Refused(() => PatchRequest.Read(Some.Bytes(json), Some.Auto), scimType);

    [TestCase("Add", PatchKind.Add)]
    [TestCase("REPLACE", PatchKind.Replace)]
    [TestCase("remove", PatchKind.Remove)]
    public void The_operation_ignores_case_where_that_is_tolerated(string op, PatchKind kind)
    {
        var log = Some.Auto;

        var request = PatchRequest.Read(Some.Bytes(Patches.Message(Patches.Operation(op, "title", " 12 "))), log);

        request.Operations.Should().ContainSingle().Which.Kind.Should().Be(kind);
        Encoding.UTF8.GetString(request.Operations[0].Value.Span).Should().Be("12");
        log.Seen.Contains(Deviation.CapitalisedOperation).Should().Be(op != "remove");
    }

    [Test]
    public void Unknown_members_are_ignored_and_names_ignore_case() =>
        PatchRequest
            .Read(
                Some.Bytes(
                    "{"
                        + Schemas
                        + ",\"x\":{},\"OPERATIONS\":[{\"OP\":\"add\",\"Path\":null,\"VALUE\":{},\"name\":\"addMember\"}]}"
                ),
                Some.Strict
            )
            .Operations.Should()
            .ContainSingle()
            .Which.Path.Should()
            .BeNull();

    [Test]
    public void One_operation_in_place_of_the_array_is_tolerated_by_auto_only()
    {
        var json = "{" + Schemas + ",\"Operations\":{\"op\":\"remove\",\"path\":\"title\"}}";

        PatchRequest.Read(Some.Bytes(json), Some.Auto).Operations.Should().HaveCount(1);
        Some.Refused(() => PatchRequest.Read(Some.Bytes(json), Some.Strict), "invalidSyntax");
    }

    [Test]
    public void The_number_of_operations_is_bounded()
    {
        var many = Enumerable.Repeat(Patches.Remove("title"), PatchRequest.MaxOperations + 1).ToArray();

        PatchRequest
            .Read(Some.Bytes(Patches.Message(many[1..])), Some.Auto)
            .Operations.Should()
            .HaveCount(PatchRequest.MaxOperations);
        Some.Refused(() => PatchRequest.Read(Some.Bytes(Patches.Message(many)), Some.Auto), null, 413);
    }

    [Law]
    public void Noise_is_applied_or_refused_but_never_breaks(Noise noise, UserJson user)
    {
        try
        {
            Patcher.Apply(user.Document, PatchRequest.Read(noise.Bytes, Some.Auto), Some.Auto);
        }
        catch (ScimException exception)
        {
            exception.Error.Status.Should().Be(400);
        }
    }
}
