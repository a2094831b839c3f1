using System.Buffers;
using Scim.Domain.Resources;

namespace Scim.Api.Scim;

/// <summary>Writes a group's members, as they come, behind what <see cref="ResourceWriter.WriteOpen"/> left open.</summary>
internal sealed class MemberList(
    AnswerBuffer output,
    MemberProjection shown,
    string baseUrl,
    CancellationToken cancellationToken
)
{
    private bool _any;

    public async ValueTask WriteAsync(ReadOnlyMemory<MemberOfGroup> members)
    {
        for (var i = 0; i < members.Length; i++)
        {
            output.Write(_any ? ","u8 : ",\"members\":["u8);
            ResourceWriter.WriteMember(output, members.Span[i], shown, baseUrl);
            _any = true;
        }

        await output.PassOnAsync(cancellationToken);
    }

    public void End() => output.Write(_any ? "]}"u8 : "}"u8);
}
